import { isDeepStrictEqual } from "node:util";
import { cloneValue, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import type { Step } from "../../step.ts";
import { isTraefik, optionsOf, wantedValues } from "./values.ts";

/** Intended: the values for the Gateway come, as the options have them, and nothing else of the release changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context) => {
  if (!before || !after || !isTraefik(before.object, context))
    return "only Traefik's HelmReleases may change";
  const option = optionsOf(before.object, context);
  if (!option) return "the options do not name it";
  const expected = cloneValue(before.object);
  const spec = isMapping(expected.spec) ? expected.spec : {};
  spec.values = merged(spec.values, wantedValues(option, spec.values));
  return isDeepStrictEqual(expected, after.object)
    ? undefined
    : "more than the values for its Gateway has changed";
};

function merged(value: Value | undefined, over: Mapping): Mapping {
  const result: Mapping = { ...(isMapping(value) ? value : {}) };
  for (const [key, own] of Object.entries(over))
    result[key] = isMapping(own) ? merged(result[key], own) : own;
  return result;
}
