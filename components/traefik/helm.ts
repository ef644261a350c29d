import { stringify } from "yaml";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import { GATEWAY_LABEL, type GatewayIdentity, type ListenerPorts } from "../../kube/gateway-contract.ts";

/** A Gateway whose Traefik comes from a HelmRelease in the repository (`traefik.install: false`). */
export interface ExternalTraefikArgs {
  readonly gateway: GatewayIdentity;
  readonly ports: ListenerPorts;
}

/** Whether a Traefik of another owner has accepted the GatewayClass; otherwise a warning lists the values that its HelmRelease needs. */
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
      ? `GatewayClass ${className} does not exist on ${cluster.context} yet; the Traefik of the HelmRelease must accept it once it does.`
      : `GatewayClass ${className} on ${cluster.context} has not been accepted by any Traefik: ${accepted?.message ?? "its status is empty"}.`;
  return [
    {
      severity: "warning",
      message,
      hint: `Set these values in the HelmRelease of the Traefik for Gateway ${args.gateway.namespace}/${args.gateway.name}:\n${helmValues(args)}`,
    },
  ];
}

/**
 * Values for the chart `traefik` (traefik-helm-chart, values.yaml of 37.x) that make it serve this Gateway and no other, as YAML.
 * The chart's own Gateway and GatewayClass are turned off, since they would conflict with the ones declared here.
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
