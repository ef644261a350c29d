import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { GatewayIdentity, ListenerPorts } from "../../kube/gateway-contract.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { omitUndefined } from "../../lib/omit.ts";
import { labelled, type CommonArgs } from "../shared/declare.ts";
import type { ExtraEntryPoint } from "./arguments.ts";
import { HTTP3_PORT, traefikName, traefikSelector } from "./names.ts";

/** The Service through which clients reach Traefik. */
export interface TraefikServiceArgs {
  readonly type: "LoadBalancer" | "ClusterIP" | "NodePort";
  /** For example `lbipam.cilium.io/ips`, for an address pool. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly loadBalancerClass?: string | undefined;
  /** CIDRs of the clients that the load balancer admits. */
  readonly loadBalancerSourceRanges?: readonly string[] | undefined;
  /** `Local` preserves the client address, and accepts traffic only on nodes that run a replica. */
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly ipFamilyPolicy?: "SingleStack" | "PreferDualStack" | "RequireDualStack" | undefined;
  readonly ipFamilies?: readonly ("IPv4" | "IPv6")[] | undefined;
  /** Kubernetes chooses a port that is undefined. */
  readonly nodePorts: { readonly http?: number | undefined; readonly https?: number | undefined };
  readonly allocateLoadBalancerNodePorts?: boolean | undefined;
}

/** Arguments of {@link traefikService}. */
export interface ServiceArgs extends CommonArgs {
  readonly gateway: GatewayIdentity;
  readonly ports: ListenerPorts;
  readonly service: TraefikServiceArgs;
  readonly http3?: boolean;
  readonly entryPoints?: readonly ExtraEntryPoint[];
}

/** The Service. Fields are set only if configured, since the API server rejects some of them for some types. */
export function traefikService(args: ServiceArgs): KubeObject {
  const { gateway, service, labels } = args;
  const { type, externalTrafficPolicy, ipFamilyPolicy, ipFamilies } = service;
  const spec = {
    type,
    selector: traefikSelector(gateway),
    ports: servicePorts(args),
    ...(type === "ClusterIP" ? {} : { externalTrafficPolicy }),
    ...(type === "LoadBalancer" ? loadBalancer(service) : {}),
    ...omitUndefined({ ipFamilyPolicy, ipFamilies }),
  };
  const metadata = {
    name: traefikName(gateway),
    namespace: gateway.namespace,
    labels: { ...service.labels, ...traefikSelector(gateway) },
    // The engine would wait for the Service's endpoints, and the Gateway would wait for the engine. Instead, the verification checks that the Service has an
    // address and that Traefik responds.
    annotations: { ...service.annotations, "pulumi.com/skipAwait": "true" },
  };
  return labelled(labels, { apiVersion: "v1", kind: "Service", metadata, spec });
}

function servicePorts({ ports, service, http3 = false, entryPoints = [] }: ServiceArgs) {
  const { nodePorts } = service;
  return [
    { ...port("web", ports.http), ...omitUndefined({ nodePort: nodePorts.http }) },
    { ...port("websecure", ports.https), ...omitUndefined({ nodePort: nodePorts.https }) },
    ...(http3 ? [port(HTTP3_PORT, ports.https, "UDP")] : []),
    ...entryPoints.map((entryPoint) => port(entryPoint.name, entryPoint.port, entryPoint.protocol)),
  ];
}

function port(name: string, number: number, protocol: "TCP" | "UDP" = "TCP"): Record<string, unknown> {
  return { name, port: number, targetPort: name, protocol };
}

function loadBalancer(service: TraefikServiceArgs): Record<string, unknown> {
  const { loadBalancerClass, loadBalancerSourceRanges, allocateLoadBalancerNodePorts } = service;
  return omitUndefined({ loadBalancerClass, loadBalancerSourceRanges, allocateLoadBalancerNodePorts });
}

interface LiveSpec {
  readonly type?: string;
  readonly loadBalancerClass?: string;
  readonly ipFamilies?: readonly string[];
}

/**
 * Reports changes to the Service that the API server would reject in the middle of the update (validation of core/v1, `validateLoadBalancerClassField` and
 * `ValidateServiceClusterIPsRelatedFields`).
 */
export async function checkTraefikService(args: ServiceArgs, cluster: ClusterReader): Promise<Finding[]> {
  const declared = traefikService(args);
  const live = await cluster.get(declared);
  if (live === undefined) return [];
  const before = live.spec as LiveSpec;
  const after = declared.spec as LiveSpec;
  const refuse = (
    field: string,
    from: string | undefined,
    to: string | undefined,
    hint: string,
  ): Finding => ({
    severity: "error",
    message: `The ${field} of ${describeObject(declared)} cannot change from ${from ?? "none"} to ${to ?? "none"} on an existing Service.`,
    hint,
  });
  const stays = before.type === "LoadBalancer" && after.type === "LoadBalancer";
  const key = `edgefirst:gateways (${args.gateway.name}), traefik.service`;
  const [first] = before.ipFamilies ?? [];
  const [wanted = first] = after.ipFamilies ?? [];
  return [
    ...(stays && before.loadBalancerClass !== after.loadBalancerClass
      ? [
          refuse(
            "loadBalancerClass",
            before.loadBalancerClass,
            after.loadBalancerClass,
            `Change it in two updates: first set ${key}.type to ClusterIP, which releases the address, then set it back together with the new class.`,
          ),
        ]
      : []),
    ...(first !== wanted
      ? [
          refuse(
            "first ipFamily",
            first,
            wanted,
            `Keep ${first ?? ""} first in ${key}.ipFamilies. To change it, delete the Service by hand and re-run. Clients cannot reach the Gateway in the meantime.`,
          ),
        ]
      : []),
  ];
}
