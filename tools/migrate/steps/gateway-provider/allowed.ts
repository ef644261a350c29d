import { isDeepStrictEqual } from "node:util";
import { cloneValue, isMapping } from "../../../gitops/yaml/values.ts";
import type { Step } from "../../step.ts";
import { supplied } from "../../supply.ts";
import { isTraefik, optionsOf, selectorValueOf, wantedValues } from "./values.ts";

/** The values for the Gateway change to what the options specify; nothing else in the release changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context) => {
  if (!before || !after || !isTraefik(before.object, context))
    return "this step may only change Traefik's HelmReleases";
  const option = optionsOf(before.object, context);
  if (!option) return "the options do not list it";
  const selectorValue = selectorValueOf(before.object, context);
  if (selectorValue === undefined) return "its chart version is not known";
  const expected = cloneValue(before.object);
  const spec = isMapping(expected.spec) ? expected.spec : {};
  spec.values = supplied(spec.values, wantedValues(option, selectorValue, spec.values));
  return isDeepStrictEqual(expected, after.object)
    ? undefined
    : "something other than the values for its Gateway has changed";
};
