import { isDeepStrictEqual } from "node:util";
import type { RouteProbes } from "../../config/gatus-address.ts";
import type { Template } from "../../kube/gatus-annotations.ts";
import { probedHostname } from "../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { conditionsOf } from "../../policy/objects/gatus-fragment.ts";
import type { EndpointResult } from "./gatus-api.ts";

/** Gatus looks for a changed file every 30 seconds, and then needs a moment to stop and start (5.36, `main.go`). */
const RELOAD_MS = 35_000;
/** The API server records times in whole seconds. */
const CREATION_MS = 2_000;

/** What decides how a route is probed. */
export interface ProbedRoute {
  readonly route: KubeObject;
  /** The route's fragment, with what it inherits. */
  readonly fragment: Template;
  readonly probes: RouteProbes;
}

/**
 * From when on Gatus's results are those of the route as it is now, in milliseconds since the epoch. 0 if the route has not changed since its creation: there
 * are then no results of an earlier one.
 */
export function countsFrom({ metadata }: KubeObject): number {
  const entries = (metadata.managedFields ?? []) as readonly { subresource?: string; time?: string }[];
  const changes = entries
    .filter(({ subresource = "" }) => subresource === "")
    .map(({ time = "" }) => Date.parse(time));
  const last = Math.max(0, ...changes.filter((time) => !Number.isNaN(time)));
  const created = Date.parse(String(metadata.creationTimestamp));
  return last === 0 || last - created <= CREATION_MS ? 0 : last + RELOAD_MS;
}

/**
 * How a successful result differs from the probe that the annotations ask for; undefined if it does not, as far as Gatus's API shows. gatus-sidecar watches
 * routes, but reads a Gateway's defaults only when it starts, when one of the routes changes, and every ten minutes (0.4.1, `internal/k8s/controller.go`).
 */
export function staleProbe(result: EndpointResult, expected: ProbedRoute): string | undefined {
  // Gatus adds values to the conditions of a failed result.
  if (!result.success || "dns" in expected.fragment) return undefined;
  const { fragment, probes } = expected;
  const conditions = probes.discovered || "conditions" in fragment ? conditionsOf(fragment) : undefined;
  const probed = (result.conditionResults ?? []).map(({ condition }) => condition);
  // `ui.hide-conditions` hides them, other settings add values to them, and Gatus expands variables in them.
  const canCompare =
    probed.length > 0 && !("ui" in fragment) && conditions?.some((each) => each.includes("$")) === false;
  if (canCompare && !isDeepStrictEqual(probed, conditions))
    return outdated(`the condition ${probed.join(", ")}`, conditions.join(", "));
  const host = hostOf(expected);
  // `ui.hide-hostname` hides it.
  if (host === undefined || !result.hostname || result.hostname.toLowerCase() === host) return undefined;
  return outdated(result.hostname, host);
}

function outdated(probed: string, expected: string): string {
  return `is still probed with ${probed} instead of ${expected}; gatus-sidecar takes up to ten minutes to notice a changed Gateway, unless its pod is restarted`;
}

function hostOf({ route, fragment: { url }, probes }: ProbedRoute): string | undefined {
  if (typeof url === "string") return URL.canParse(url) ? new URL(url).hostname : undefined;
  return probes.discovered ? probedHostname(route) : undefined;
}
