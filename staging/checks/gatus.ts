import { template } from "../../kube/gatus-annotations.ts";
import { fragmentKey, gatewayOf, isMonitored } from "../../kube/gatus-endpoints.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import type { GatusAddress, RouteProbes } from "../../config/gatus-address.ts";
import type { GatusAuthorizations } from "../../config/gatus-credentials.ts";
import { isOwn, type Check, type StackOnCluster, type Verdict } from "./check.ts";
import {
  readStatus,
  readStatuses,
  type GatusSource,
  type EndpointResult,
  type EndpointStatus,
} from "./gatus-api.ts";
import { countsFrom, staleProbe } from "./gatus-probe.ts";
import { GATEWAY_API } from "./gateways.ts";

/** Arguments of {@link gatusCheck}. */
export interface GatusCheckArgs extends StackOnCluster {
  /** Null if the stack has no Gatus that discovers routes. */
  readonly gatus: GatusAddress | null;
  /** Credentials for reaching Gatus by URL. */
  readonly authorizations?: GatusAuthorizations | undefined;
  /** Milliseconds since the epoch; older results do not count. */
  readonly since: number;
  /** Set during a verification: a result then counts only if it comes from the probe that the annotations ask for now. */
  readonly probes?: RouteProbes | undefined;
}

/** Checks that Gatus has an endpoint for every HTTPRoute that asks for one, and that the endpoint's latest result is a success and newer than the update. */
export function gatusCheck({ cluster, stack, gatus, authorizations, since, probes }: GatusCheckArgs): Check {
  return {
    id: "gatus",
    // Needed on a stack's first update: the check `routes` cannot notice a missing route, because no route is attached to the stack's Gateways yet.
    keeps: () => true,
    run: async () => {
      if (gatus === null) return { verdicts: [], notes: ["The stack has no Gatus that discovers routes."] };
      const routes = (await cluster.list(GATEWAY_API, "HTTPRoute")).filter(isMonitored);
      if (routes.length === 0) return { verdicts: [], notes: ["No HTTPRoute asks for monitoring."] };
      const authorization = "url" in gatus ? authorizations?.get(gatus.url) : undefined;
      const source: GatusSource = { address: gatus, authorization, cluster };
      const inherited = await fragments();
      const answer = await readStatuses(source);
      const fresh = async (route: KubeObject): Promise<Verdict> => {
        const found = verdict(route, inherited, answer);
        if (typeof answer === "string" || ["held", "skipped"].includes(found.state)) return found;
        // The cached response may be up to ten seconds old.
        const latest = await readStatus(source, keyOf(route, inherited));
        return latest === undefined ? found : verdict(route, inherited, [latest]);
      };
      return { verdicts: await Promise.all(routes.map(fresh)) };
    },
  };

  async function fragments(): Promise<Fragments> {
    const gateways = await cluster.list(GATEWAY_API, "Gateway");
    return new Map(
      gateways.map((gateway) => [
        `${gateway.metadata.namespace ?? ""}/${gateway.metadata.name}`,
        template(gateway) ?? {},
      ]),
    );
  }

  function verdict(
    route: KubeObject,
    inherited: Fragments,
    answer: readonly EndpointStatus[] | string,
  ): Verdict {
    const fragment = fragmentOf(route, inherited);
    const key = keyOf(route, inherited);
    const say = (state: Verdict["state"], message: string): Verdict => ({
      object: `Gatus endpoint ${key} of ${describeObject(route)}`,
      state,
      message,
      own: isOwn(route, stack),
    });
    if (fragment.guarded === true)
      return say(
        "skipped",
        "is guarded: Gatus only resolves the DNS name, which does not prove that the app is healthy",
      );
    if (typeof answer === "string") return say("pending", `Gatus does not respond: ${answer}`);
    const endpoint = answer.find((status) => status.key === key);
    if (endpoint === undefined) return say("pending", "Gatus has no such endpoint");
    const latest = latestOf(endpoint);
    const from = probes === undefined ? since : Math.max(since, countsFrom(route));
    if (latest === undefined || Date.parse(latest.timestamp) <= from)
      return say("pending", `no result since the ${from > since ? "route changed" : "update"}`);
    const stale = probes && staleProbe(latest, { route, fragment, probes });
    if (stale !== undefined) return say("pending", stale);
    return latest.success ? say("held", "") : say("failed", reasonOf(latest));
  }
}

type Fragments = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** The endpoint that a route asks for, including what it inherits from its Gateway. */
function fragmentOf(route: KubeObject, inherited: Fragments): Readonly<Record<string, unknown>> {
  return { ...inherited.get(gatewayOf(route)), ...template(route) };
}

function keyOf(route: KubeObject, inherited: Fragments): string {
  return fragmentKey(route.metadata.name, fragmentOf(route, inherited));
}

function latestOf({ results }: EndpointStatus): EndpointResult | undefined {
  return results?.toSorted((one, other) => Date.parse(one.timestamp) - Date.parse(other.timestamp)).at(-1);
}

function reasonOf({ errors = [], conditionResults = [], timestamp }: EndpointResult): string {
  const unmet = conditionResults.filter(({ success }) => !success).map(({ condition }) => condition);
  return `is down (last probe at ${timestamp}): ${[...unmet, ...errors].join("; ") || "no reason given"}`;
}
