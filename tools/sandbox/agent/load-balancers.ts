import { AddressPool } from "./addresses.ts";
import { follow } from "./follow.ts";
import { type AgentContext } from "./pods.ts";

interface Service {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly type: string; readonly loadBalancerIP?: string };
  readonly status: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

/** Cilium's and MetalLB's annotations for requesting an address, in addition to the deprecated `spec.loadBalancerIP`. */
const ADDRESS_ANNOTATIONS = [
  "lbipam.cilium.io/ips",
  "io.cilium/lb-ipam-ips",
  "metallb.universe.tf/loadBalancerIPs",
  "metallb.io/loadBalancerIPs",
];

/** Gives every LoadBalancer Service an address: the one it requests, or one from the pool (a CIDR). */
export function serveLoadBalancers({ api, log }: AgentContext, pool: string): void {
  const addresses = new AddressPool(pool);
  const services = follow<Service>({
    api,
    log,
    path: "/api/v1/services",
    reconcile: async (key) => {
      const all = [...services.items.values()].filter(({ spec }) => spec.type === "LoadBalancer");
      addresses.retain(new Set(all.map(({ metadata }) => metadata.uid)));
      // Addresses that an earlier run of the agent assigned stay assigned.
      for (const service of all)
        for (const address of current(service)) addresses.reserve(address, service.metadata.uid);
      const service = services.items.get(key);
      if (service?.spec.type !== "LoadBalancer") return;
      const { uid, namespace, name } = service.metadata;
      const wanted = requested(service) ?? current(service)[0];
      const address = wanted ?? addresses.claim(uid);
      if (address === undefined) throw new Error(`no free address in ${pool}`);
      if (!addresses.reserve(address, uid)) throw new Error(`another Service has the address ${address}`);
      if (current(service)[0] === address) return;
      await api.call("PATCH", `/api/v1/namespaces/${namespace}/services/${name}/status`, {
        body: { status: { loadBalancer: { ingress: [{ ip: address, ipMode: "VIP" }] } } },
        contentType: "application/merge-patch+json",
      });
    },
  });
}

function current({ status }: Service): string[] {
  return (status.loadBalancer?.ingress ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined);
}

function requested({ spec, metadata }: Service): string | undefined {
  const annotated = ADDRESS_ANNOTATIONS.map((name) => metadata.annotations?.[name]).find(
    (value) => value !== undefined,
  );
  return (annotated ?? spec.loadBalancerIP)?.split(",")[0]?.trim();
}
