import { named } from "../../../../../lib/counted.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import { selects, type LabelSelector } from "../../../../../kube/label-selector.ts";
import { GATEWAY, GATEWAY_CLASS } from "../../../../../policy/objects/kinds.ts";
import { fields, list, text, type Fields } from "../../../../../policy/engine/read.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import type { StepContext } from "../../../step.ts";
import { entryPointProtections } from "../controllers/traefik-entry-points.ts";
import { servesBoth, settingsBehind } from "./doors.ts";
import { gatewayIn } from "./gateway.ts";
import { timeLimits } from "./time-limits.ts";
import { classesThatMove, type CutoverNote, type DnsRecord } from "../outcome.ts";
import type { RouteOptions } from "../options.ts";

type GatewayOption = RouteOptions["gateways"][string];

/**
 * What applies to every route of a Gateway, and may not apply to the Ingresses that move there today: policies that name it, such as timeouts or a login of
 * Envoy Gateway, and settings of the entry points of its Traefik. One line for each Gateway.
 */
export function gatewayPolicies(records: readonly DnsRecord[], context: StepContext): readonly CutoverNote[] {
  const { gateways } = context.options.route;
  const lines = context.clusters.flatMap((cluster) =>
    [...Map.groupBy(classesThatMove(records, cluster), (name) => idOf(gateways[name]))].flatMap(
      ([id, classes]): readonly string[] => {
        const option = gateways[classes[0] ?? ""];
        if (!option) return [];
        const foreign = classes.filter((name) => !servesBoth(name, cluster, option, context));
        const policies = policiesOf(option, cluster);
        const all = [
          ...policies.map(describePolicy),
          ...(foreign.length === 0 ? [] : entryPointsOf(option, cluster, context)),
          ...timeLimits(option, foreign, policies, { cluster, context }),
        ];
        return all.length === 0
          ? []
          : [
              `Gateway ${id}: ${all.join("; ")}. Make sure before the commit that this suits the apps of ${named(classes, "class", "classes")}: a timeout, for example, ends streams and long transfers`,
            ];
      },
    ),
  );
  return [...new Set(lines)].map((message) => ({ kind: "cutover", message }));
}

const idOf = (option: GatewayOption | undefined): string =>
  option === undefined ? "" : `${option.namespace}/${option.name}`;

/**
 * Sources: https://gateway-api.sigs.k8s.io/geps/gep-713/ (a policy names its target as `targetRef` or `targetRefs`), and api/v1alpha1/policy_helpers.go of
 * github.com/envoyproxy/gateway for `targetSelectors`
 */
function policiesOf(option: GatewayOption, cluster: BuiltCluster): readonly KubeObject[] {
  const gateway = gatewayIn(cluster, option);
  return attachedObjects(cluster).filter((policy) => appliesTo(policy, option, gateway));
}

function describePolicy({ kind, metadata: { namespace = "", name }, spec }: KubeObject): string {
  const settings = Object.keys(fields(spec)).filter((key) => !TARGETS.includes(key));
  const what = settings.length === 0 ? "" : ` (${settings.join(", ")})`;
  return `${kind} ${namespace}/${name}${what} applies to its routes`;
}

const TARGETS = ["targetRef", "targetRefs", "targetSelectors"];

const attachedObjects = oncePer((cluster: BuiltCluster): readonly KubeObject[] =>
  cluster.objects
    .map(({ object }) => asKubeObject(object))
    .filter(({ spec }) => TARGETS.some((key) => fields(spec)[key] !== undefined)),
);

function appliesTo(
  { metadata: { namespace }, spec }: KubeObject,
  option: GatewayOption,
  gateway: KubeObject | undefined,
): boolean {
  const { targetRef, targetRefs, targetSelectors } = fields(spec);
  const className = text(fields(gateway?.spec).gatewayClassName);
  const names = [targetRef, ...list(targetRefs)].map(fields).some((target) => {
    if (target.group !== GATEWAY.group) return false;
    if (target.kind === GATEWAY_CLASS.kind) return target.name === className;
    const at = text(target.namespace) ?? namespace;
    return target.kind === GATEWAY.kind && target.name === option.name && at === option.namespace;
  });
  const labels = gateway?.metadata.labels ?? {};
  const isSelected = (target: Fields): boolean =>
    target.kind === GATEWAY.kind &&
    (namespace === option.namespace || target.namespaces !== undefined) &&
    selects(selectorOf(target), labels);
  return names || list(targetSelectors).map(fields).some(isSelected);
}

const selectorOf = ({ matchLabels, matchExpressions }: Fields): LabelSelector => ({
  matchLabels: fields(matchLabels) as Readonly<Record<string, string>>,
  matchExpressions: list(matchExpressions) as NonNullable<LabelSelector["matchExpressions"]>,
});

function entryPointsOf(
  option: GatewayOption,
  cluster: BuiltCluster,
  context: StepContext,
): readonly string[] {
  const settings = settingsBehind(option, cluster, context);
  const names = new Set(settings.flatMap(entryPointProtections).filter((name) => !TRUST.test(name)));
  return names.size === 0 ? [] : [`its Traefik sets ${[...names].join(", ")} for every route`];
}

/** Who may set forwarded addresses does not restrict requests. */
const TRUST = /forwardedheaders|proxyprotocol/i;
