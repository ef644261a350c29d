import type { ComparedSetting } from "../config/compared-settings.ts";
import type { Config } from "../config/schema.ts";

/** The values of a stack's {@link ComparedSetting}s, as messages show them. */
export function comparedSettings({
  gatewayApi,
  gateways,
  flux,
  gatus,
  alerting,
}: Config): Readonly<Record<ComparedSetting, string>> {
  return {
    "gatewayApi.install": String(gatewayApi.install),
    "traefik.install": eachOf(gateways.map(({ traefik }) => traefik.install)),
    "flux.install": flux === undefined ? "no Flux" : String(flux.install !== undefined),
    "flux.root.mode": flux?.root.mode ?? "no Flux",
    "flux.apps.placement": flux?.apps.placement ?? "no Flux",
    "flux.apps.rbac": flux?.apps.rbac ?? "no Flux",
    "gatus.install": String(gatus.install),
    "alerting.install": String(alerting.install),
  };
}

/** Gateways have different names in different stacks, so only the values are compared. */
function eachOf(installs: readonly boolean[]): string {
  const answers = [...new Set(installs)].sort();
  return answers.length === 0 ? "no Gateway" : answers.join(" and ");
}
