import { stringify } from "yaml";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import { GATEWAY_LABEL, type GatewayIdentity, type ListenerPorts } from "../../kube/gateway-contract.ts";

/** A Gateway whose Traefik a HelmRelease of the repository owns (`traefik.install: false`). */
export interface ExternalTraefikArgs {
  readonly gateway: GatewayIdentity;
  readonly ports: ListenerPorts;
}

/** Whether the Traefik of somebody else has taken the GatewayClass up; a warning says which values its HelmRelease needs. */
export async function checkTraefik(args: ExternalTraefikArgs, cluster: ClusterReader): Promise<Finding[]> {
  const { className } = args.gateway;
  const live = await cluster.get({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: className },
  });
  const status = live?.status as
    { conditions?: { type: string; status: string; message?: string }[] } | undefined;
  const accepted = status?.conditions?.find(({ type }) => type === "Accepted");
  if (accepted?.status === "True") return [];
  const message =
    live === undefined
      ? `GatewayClass ${className} is not on ${cluster.context} yet; once it is, the Traefik that a HelmRelease owns must accept it.`
      : `GatewayClass ${className} on ${cluster.context} is not accepted by any Traefik: ${accepted?.message ?? "no controller has answered"}.`;
  return [
    {
      severity: "warning",
      message,
      hint: `The HelmRelease of the Traefik for Gateway ${args.gateway.namespace}/${args.gateway.name} needs these values:\n${helmValues(args)}`,
    },
  ];
}

/**
 * Values of the chart `traefik` (traefik-helm-chart, values.yaml of 37.x) with which it serves this Gateway and no other, as YAML.
 * The chart's own Gateway and GatewayClass are turned off: they would be in the way of the ones declared here.
 */
export function helmValues({ gateway, ports }: ExternalTraefikArgs): string {
  return stringify({
    providers: {
      kubernetesGateway: {
        enabled: true,
        experimentalChannel: false,
        labelselector: `${GATEWAY_LABEL}=${gateway.name}`,
        statusAddress: { service: { enabled: true } },
      },
    },
    gateway: { enabled: false },
    gatewayClass: { enabled: false },
    ports: { web: { port: ports.http }, websecure: { port: ports.https } },
    podSecurityContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] },
  });
}
