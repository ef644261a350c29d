import { BlockList, isIP } from "node:net";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import { selects, type LabelSelector } from "../../kube/label-selector.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";

/** A kind of address pool, and the annotations of a Service that request an address or a pool of this kind. */
interface PoolKind {
  readonly apiVersions: readonly string[];
  readonly kind: string;
  /** Annotations with addresses, separated by commas. */
  readonly addresses: readonly string[];
  /** Annotations with the name of a pool. */
  readonly pool: readonly string[];
}

/** https://docs.cilium.io/en/stable/network/lb-ipam/ and https://metallb.io/usage/ */
const KINDS: readonly PoolKind[] = [
  {
    apiVersions: ["cilium.io/v2", "cilium.io/v2alpha1"],
    kind: "CiliumLoadBalancerIPPool",
    addresses: ["lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips"],
    pool: [],
  },
  {
    apiVersions: ["metallb.io/v1beta1"],
    kind: "IPAddressPool",
    addresses: ["metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs"],
    pool: ["metallb.io/address-pool", "metallb.universe.tf/address-pool"],
  },
];

/**
 * Reports a Service of type LoadBalancer that would never get an address, according to the address pools of Cilium and MetalLB. Without an annotation that
 * requests an address, only a cluster with pools counts: with none, or with a load balancer class, something else may give addresses, such as a cloud.
 */
export async function checkAddressPools(service: KubeObject, cluster: ClusterReader): Promise<Finding[]> {
  const { type, loadBalancerClass } = service.spec as { type?: string; loadBalancerClass?: string };
  if (type !== "LoadBalancer") return [];
  const kinds = await Promise.all(
    KINDS.map(async (kind) => {
      const served = await servedVersion(kind, cluster);
      return { kind, pools: served === undefined ? undefined : await cluster.list(served, kind.kind) };
    }),
  );
  const annotations = service.metadata.annotations ?? {};
  const asked = kinds.filter(({ kind }) =>
    [...kind.addresses, ...kind.pool].some((name) => name in annotations),
  );
  if (asked.length > 0) return asked.flatMap(({ kind, pools }) => poolFindings(service, kind, pools));
  const pools = kinds.flatMap((each) => each.pools ?? []);
  if (loadBalancerClass !== undefined || pools.length === 0 || pools.some((pool) => isUsable(pool, service)))
    return [];
  return [notSelected(service, [...new Set(pools.map((pool) => pool.kind))].join(" or "), pools)];
}

async function servedVersion({ apiVersions, kind }: PoolKind, cluster: ClusterReader) {
  const served = await Promise.all(apiVersions.map((version) => cluster.serves(version, kind)));
  return apiVersions.find((_, index) => served[index]);
}

/** @param pools undefined if the cluster does not serve the kind */
function poolFindings(
  service: KubeObject,
  kind: PoolKind,
  pools: readonly KubeObject[] | undefined,
): Finding[] {
  if (pools === undefined)
    return [warn(service, `requests an address from a ${kind.kind}, a kind that the cluster does not serve`)];
  const annotations = service.metadata.annotations ?? {};
  const values = (names: readonly string[]): string[] =>
    names.flatMap((name) => annotations[name]?.split(",") ?? []).map((value) => value.trim());
  const names = namesOf(pools);
  const unknown = values(kind.pool).filter((name) => !pools.some(({ metadata }) => metadata.name === name));
  const usable = pools.filter((pool) => isUsable(pool, service));
  const outside = values(kind.addresses).filter(
    (ip) => isIP(ip) !== 0 && !usable.some((pool) => offers(pool, ip)),
  );
  if (usable.length === 0) return [notSelected(service, kind.kind, pools)];
  return [
    ...unknown.map((name) =>
      warn(service, `names the ${kind.kind} ${name}, which does not exist (pools: ${names})`),
    ),
    ...outside.map((ip) =>
      warn(service, `requests ${ip}, which is in no ${kind.kind} that selects the Service (pools: ${names})`),
    ),
  ];
}

function notSelected(service: KubeObject, kind: string, pools: readonly KubeObject[]): Finding {
  return warn(service, `is not selected by any ${kind} (pools: ${namesOf(pools)})`);
}

function namesOf(pools: readonly KubeObject[]): string {
  return pools.map(({ metadata }) => metadata.name).join(", ") || "none";
}

function isUsable({ spec }: KubeObject, { metadata }: KubeObject): boolean {
  const { disabled = false, serviceSelector } = (spec ?? {}) as {
    disabled?: boolean;
    serviceSelector?: LabelSelector;
  };
  // In Cilium, a pool's selector may also use these two labels.
  const labels = {
    "io.kubernetes.service.namespace": metadata.namespace ?? "",
    "io.kubernetes.service.name": metadata.name,
    ...metadata.labels,
  };
  return !disabled && (serviceSelector === undefined || selects(serviceSelector, labels));
}

interface PoolSpec {
  /** Cilium. */
  readonly blocks?: readonly { readonly cidr?: string; readonly start?: string; readonly stop?: string }[];
  /** MetalLB: networks, or ranges in the form `a-b`. */
  readonly addresses?: readonly string[];
}

function offers({ spec }: KubeObject, ip: string): boolean {
  const { blocks = [], addresses = [] } = (spec ?? {}) as PoolSpec;
  const ranges = [
    ...blocks.map(({ cidr, start = "", stop = start }) => cidr ?? `${start}-${stop}`),
    ...addresses,
  ];
  return ranges.some((range) => contains(range.replaceAll(" ", ""), ip));
}

function contains(range: string, ip: string): boolean {
  const list = new BlockList();
  const [start = "", stop] = range.split("-");
  const [network = "", prefix] = start.split("/");
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  // A range that cannot be parsed counts as containing the address.
  if (isIP(network) === 0) return true;
  if (stop === undefined) list.addSubnet(network, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
  else list.addRange(start, stop, family);
  return list.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");
}

function warn(service: KubeObject, problem: string): Finding {
  return {
    severity: "warning",
    message: `${describeObject(service)} ${problem}: the Service would get no address, and the verification would fail.`,
    hint: "Correct the pool, or traefik.service.annotations or traefik.service.labels of the Gateway.",
  };
}
