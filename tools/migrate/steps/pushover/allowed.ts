import { isDeepStrictEqual } from "node:util";
import { isMapping } from "../../../gitops/yaml/values.ts";
import { isKind, nameOf } from "../../objects.ts";
import type { Step } from "../../step.ts";
import { alertmanagerConfig, externalSecret, NAME } from "./objects.ts";
import { ALERTMANAGER_CONFIG, isStack, VALUES } from "./stack.ts";
import { supplied } from "../../supply.ts";
import { keysOf } from "./keys.ts";
import { clusterOf } from "../../clusters.ts";

/** A route to Pushover and its keys are added, and Alertmanager gives it the alerts from all namespaces; nothing else changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  if (!after) return "this step removes nothing";
  const cluster = clusterOf(after, clusters);
  const keys = cluster && keysOf(cluster, context.options.pushover);
  if (keys === undefined || typeof keys === "string") return keys ?? "its cluster is not known";
  const { object } = after;
  if (before) {
    const expected = supplied(before.object, { spec: { values: VALUES } });
    return isStack(before.object, context.clusters) && isDeepStrictEqual(expected, object)
      ? undefined
      : "something other than Alertmanager's matcher strategy has changed";
  }
  if (nameOf(object).name !== NAME) return "this step only adds the route to Pushover";
  const metadata = isMapping(object.metadata) ? object.metadata : {};
  const expected = isKind(object, ALERTMANAGER_CONFIG)
    ? alertmanagerConfig(metadata, keys.keys)
    : keys.store && externalSecret(metadata, keys.store, context.options.pushover);
  return isDeepStrictEqual(expected, object) ? undefined : "it is not the route to Pushover, or its keys";
};
