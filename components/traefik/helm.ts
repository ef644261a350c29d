import { Document, type Scalar } from "yaml";
import { conditionOf } from "../../kube/conditions.ts";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import { GATEWAY_LABEL, type GatewayIdentity, type ListenerPorts } from "../../kube/gateway-contract.ts";

/** A Gateway whose Traefik comes from a HelmRelease in the repository (`traefik.install: false`). */
export interface ExternalTraefikArgs {
  readonly gateway: GatewayIdentity;
  readonly ports: ListenerPorts;
  /**
   * The paths, as keys joined by dots, of the chart values that may set the GatewayClass selector; paths in the newest charts come first. There are several if
   * the version is undefined or does not determine the path.
   */
  readonly classSelectorValues: (chartVersion: string | undefined) => readonly string[];
}

const HELM_RELEASE = { apiVersion: "helm.toolkit.fluxcd.io/v2", kind: "HelmRelease" };

/**
 * Checks that another owner's Traefik has accepted the GatewayClass. If not, a warning lists the values that its HelmRelease needs.
 */
export async function checkTraefik(args: ExternalTraefikArgs, cluster: ClusterReader): Promise<Finding[]> {
  const { className } = args.gateway;
  const live = await cluster.get({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: className },
  });
  const accepted = conditionOf(live, "Accepted");
  if (accepted?.status === "True") return [];
  const message =
    live === undefined
      ? `GatewayClass ${className} does not exist on ${cluster.context} yet; once it does, the Traefik that a HelmRelease installs must accept it.`
      : `GatewayClass ${className} on ${cluster.context} has not been accepted by any Traefik: ${accepted?.message ?? "its status is empty"}.`;
  const versions = await chartVersions(cluster);
  return [
    {
      severity: "warning",
      message,
      hint: `Set these values in the HelmRelease that installs Traefik for Gateway ${args.gateway.namespace}/${args.gateway.name}:\n${helmValues(args, versions)}`,
    },
  ];
}

/** The versions of Traefik's chart that are installed on the cluster (HelmRelease v2, `status.history`, the newest entry first). */
async function chartVersions(cluster: ClusterReader): Promise<string[]> {
  const releases = await cluster.list(HELM_RELEASE.apiVersion, HELM_RELEASE.kind);
  const charts = releases.flatMap(({ status }) => {
    const { history = [] } = (status ?? {}) as {
      history?: { chartName?: string; chartVersion?: string }[];
    };
    return history.slice(0, 1);
  });
  return charts.flatMap(({ chartName, chartVersion }) =>
    chartName === "traefik" && chartVersion !== undefined ? [chartVersion] : [],
  );
}

/**
 * Values for the chart `traefik`, as YAML, that make Traefik serve only this Gateway. The chart's own Gateway and GatewayClass are turned off, since they would
 * conflict with those that the stack declares.
 * @param versions the chart versions on the cluster; if they need different values, a comment in the YAML names the alternatives
 */
export function helmValues(
  { gateway, ports, classSelectorValues }: ExternalTraefikArgs,
  versions: readonly string[],
): string {
  const known = versions.length === 0 ? [undefined] : versions;
  const [selector = "", ...others] = new Set(known.flatMap((version) => classSelectorValues(version)));
  const nameOf = (value: string): string => value.split(".").at(-1) ?? "";
  const values = new Document({
    providers: {
      kubernetesGateway: {
        enabled: true,
        experimentalChannel: false,
        [nameOf(selector)]: `${GATEWAY_LABEL}=${gateway.name}`,
        statusAddress: { service: { enabled: true } },
      },
    },
    gateway: { enabled: false },
    gatewayClass: { enabled: false },
    ports: { web: { port: ports.http }, websecure: { port: ports.https } },
    podSecurityContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] },
  });
  const place = values.getIn(selector.split("."), true) as Scalar | undefined;
  if (others.length > 0 && place !== undefined)
    place.comment = ` older charts: ${others.map(nameOf).join(", ")}`;
  return values.toString();
}
