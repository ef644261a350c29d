import type { ClusterReader, Finding } from "../../kube/client.ts";
import { describeObject, statusOf, type KubeObject } from "../../kube/objects.ts";

/** Labels of ServiceLB, the load balancer of K3s (k3s, `pkg/cloudprovider/servicelb.go`). */
const SERVICE = "svccontroller.k3s.cattle.io/svcname";
const SERVICE_NAMESPACE = "svccontroller.k3s.cattle.io/svcnamespace";
const POOL = "svccontroller.k3s.cattle.io/lbpool";

interface ServiceSpec {
  readonly type?: string;
  readonly loadBalancerClass?: string;
  readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
}

interface PodSpec {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly containers?: readonly {
    readonly ports?: readonly { readonly hostPort?: number; readonly protocol?: string }[];
  }[];
}

/**
 * Reports a Service of type LoadBalancer that gets no address from ServiceLB, because another Service, such as that of K3s's own Traefik, already has the ports
 * of the nodes. ServiceLB runs a DaemonSet with these host ports for each Service, and the pods of the second one stay pending.
 */
export async function checkServiceLb(service: KubeObject, cluster: ClusterReader): Promise<Finding[]> {
  const { type, loadBalancerClass, ports = [] } = service.spec as ServiceSpec;
  // A Service with a class belongs to another load balancer.
  if (type !== "LoadBalancer" || loadBalancerClass !== undefined) return [];
  const wanted = new Set(ports.map(({ port, protocol }) => keyOf(port, protocol)));
  const daemonSets = await cluster.list("apps/v1", "DaemonSet");
  const taken = daemonSets.flatMap((daemonSet) => {
    const owner = ownerOf(daemonSet);
    const { nodeSelector = {}, containers = [] } = podSpecOf(daemonSet);
    const pool = nodeSelector[POOL];
    if (owner === undefined || owner === describeObject(service)) return [];
    if (pool !== undefined && pool !== service.metadata.labels?.[POOL]) return [];
    const used = containers
      .flatMap(({ ports: own = [] }) => own)
      .filter(({ hostPort, protocol }) => hostPort !== undefined && wanted.has(keyOf(hostPort, protocol)))
      .map(({ hostPort = 0 }) => hostPort);
    return used.length === 0 ? [] : [{ owner, ports: [...new Set(used)].join(", ") }];
  });
  if (taken.length === 0 || hasAddress(await cluster.get(service))) return [];
  const owners = taken.map((each) => `${each.owner} (ports ${each.ports})`).join(", ");
  return [
    {
      severity: "warning",
      message: `${describeObject(service)} would get no address on ${cluster.context}, because ServiceLB has already given ports of the nodes to ${owners}: the verification would fail.`,
      hint: "Turn off the other Service, such as K3s's own Traefik with --disable=traefik, or use another load balancer, with traefik.service.loadBalancerClass, or other ports for the Gateway's listeners.",
    },
  ];
}

const keyOf = (port: number, protocol = "TCP"): string => `${port}/${protocol}`;

/** The Service for which ServiceLB runs a DaemonSet; undefined for any other DaemonSet. */
function ownerOf({ metadata: { labels = {} } }: KubeObject): string | undefined {
  const name = labels[SERVICE];
  return name === undefined ? undefined : `Service ${labels[SERVICE_NAMESPACE] ?? ""}/${name}`;
}

function podSpecOf({ spec }: KubeObject): PodSpec {
  return (spec as { template?: { spec?: PodSpec } } | undefined)?.template?.spec ?? {};
}

function hasAddress(live: KubeObject | undefined): boolean {
  if (live === undefined) return false;
  const { loadBalancer } = statusOf(live) as { loadBalancer?: { ingress?: readonly unknown[] } };
  return (loadBalancer?.ingress ?? []).length > 0;
}
