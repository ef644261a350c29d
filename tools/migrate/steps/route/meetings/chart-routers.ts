import { fields, text } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { StepContext } from "../../../step.ts";
import { controllerOf, controllerValues } from "../controllers/classes.ts";
import { traefik } from "../controllers/traefik.ts";
import { staysAtController } from "../gateway/doors.ts";
import type { DnsRecord } from "../outcome.ts";
import { parseRule } from "../reading/traefik-rule.ts";

/**
 * Why a host stays: an IngressRoute that Traefik's chart renders serves it as well, and would be out of reach once DNS points to the Gateway.
 * Source: `ingressRoute` in the chart's values, and templates/ingressroute.yaml
 */
export function whyServedByChart(
  { host, ingressClass }: DnsRecord,
  cluster: BuiltCluster,
  context: StepContext,
): string | undefined {
  if (controllerOf(ingressClass, cluster) !== traefik) return undefined;
  const routers = Object.entries(fields(controllerValues(ingressClass, cluster).ingressRoute));
  const found = routers.find(
    ([, settings]) =>
      fields(settings).enabled === true && namesHost(text(fields(settings).matchRule) ?? "", host),
  );
  if (found === undefined || staysAtController(ingressClass, cluster, context)) return undefined;
  return `host ${host} stays whole: the IngressRoute of Traefik's chart (ingressRoute.${found[0]} in its values) serves it too and stays; turn that off, or replace it with an object of the repository`;
}

function namesHost(rule: string, host: string): boolean {
  const alternatives = parseRule(rule);
  return (
    typeof alternatives !== "string" &&
    alternatives.flat().some(({ name, args }) => name === "Host" && args.includes(host))
  );
}
