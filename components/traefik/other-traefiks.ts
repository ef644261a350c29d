import type { ClusterReader, Finding } from "../../kube/client.ts";
import { GATEWAY_LABEL, type GatewayIdentity } from "../../kube/gateway-contract.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { traefikName } from "./names.ts";

const PROVIDER = "providers.kubernetesgateway";

interface Container {
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/**
 * Reports other Traefiks that would serve this Gateway as well: those with the Gateway provider, such as K3s's own once it is turned on there, and without a
 * selector for GatewayClasses. A Traefik claims every class with its controller name. Options in a file are not read.
 */
export async function checkOtherTraefiks(
  gateway: GatewayIdentity,
  cluster: ClusterReader,
): Promise<Finding[]> {
  const kinds = ["Deployment", "DaemonSet"].map((kind) => cluster.list("apps/v1", kind));
  const others = (await Promise.all(kinds))
    .flat()
    .filter((workload) => !isOwn(workload, gateway) && serves(workload, gateway));
  if (others.length === 0) return [];
  const names = others.map(describeObject).join(", ");
  return [
    {
      severity: "warning",
      message: `Gateway ${gateway.namespace}/${gateway.name} on ${cluster.context} would also be served by ${names}, which has Traefik's Gateway provider without a selector for other classes: its routes would be reachable at that address, too, and both Traefiks would write the same statuses.`,
      hint: "Turn that provider off (providers.kubernetesGateway.enabled in the values of Traefik's chart), or give it the label of its own GatewayClass (providers.kubernetesGateway.labelSelector).",
    },
  ];
}

function isOwn({ metadata }: KubeObject, gateway: GatewayIdentity): boolean {
  return metadata.name === traefikName(gateway) && metadata.namespace === gateway.namespace;
}

function serves(workload: KubeObject, { name, namespace }: GatewayIdentity): boolean {
  return containersOf(workload).some((container) => {
    const options = optionsOf(container);
    const enabled =
      options.get(PROVIDER) ?? String([...options.keys()].some((key) => key.startsWith(`${PROVIDER}.`)));
    if (enabled === "false") return false;
    const selector = options.get(`${PROVIDER}.labelselector`) ?? "";
    const namespaces = options.get(`${PROVIDER}.namespaces`)?.split(",") ?? [namespace];
    return (selector === "" || selector === `${GATEWAY_LABEL}=${name}`) && namespaces.includes(namespace);
  });
}

function containersOf({ spec }: KubeObject): readonly Container[] {
  const { template } = (spec ?? {}) as { template?: { spec?: { containers?: readonly Container[] } } };
  return template?.spec?.containers ?? [];
}

/**
 * Traefik's options by their path in lower case, from arguments (`--a.b=value`, or `--a.b` for true) and variables (`TRAEFIK_A_B`).
 * https://doc.traefik.io/traefik/getting-started/configuration-overview/
 */
function optionsOf({ command = [], args = [], env = [] }: Container): ReadonlyMap<string, string> {
  const fromArguments = [...command, ...args].flatMap((argument) => {
    const [, path, value = "true"] = /^--?([\w.[\]-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    return path === undefined ? [] : [[path.toLowerCase(), value] as const];
  });
  const fromEnvironment = env.flatMap(({ name, value = "" }) => {
    const [, path] = /^TRAEFIK_(.+)$/.exec(name) ?? [];
    return path === undefined ? [] : [[path.toLowerCase().replaceAll("_", "."), value] as const];
  });
  return new Map([...fromEnvironment, ...fromArguments]);
}
