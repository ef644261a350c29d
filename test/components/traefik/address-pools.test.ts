import assert from "node:assert/strict";
import { checkAddressPools } from "../../../components/traefik/address-pools.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { clusterHolding } from "../../support/cluster.ts";

const service = (
  annotations: Record<string, string> = {},
  type = "LoadBalancer",
  more: object = {},
): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "traefik-gateway-external",
    namespace: "network",
    labels: { tier: "public" },
    annotations,
  },
  spec: { type, ...more },
});
const cilium = (name: string, spec: object, apiVersion = "cilium.io/v2"): KubeObject => ({
  apiVersion,
  kind: "CiliumLoadBalancerIPPool",
  metadata: { name },
  spec,
});
const metallb = (name: string, addresses: string[]): KubeObject => ({
  apiVersion: "metallb.io/v1beta1",
  kind: "IPAddressPool",
  metadata: { name, namespace: "metallb-system" },
  spec: { addresses },
});
const OTHERS = { serviceSelector: { matchLabels: { tier: "internal" } } };
const found = async (asked: KubeObject, ...live: KubeObject[]) =>
  (await checkAddressPools(asked, clusterHolding(...live))).map(({ message }) => message);

const BLOCKS = { blocks: [{ cidr: "192.0.2.0/28" }, { start: "192.0.2.100", stop: "192.0.2.110" }] };
const IPS = "lbipam.cilium.io/ips";

describe("the address pool of a Gateway", () => {
  for (const [what, asked, live] of [
    ["a cluster without pools of a known kind", service(), []],
    ["a Service of another type", service({ [IPS]: "198.51.100.1" }, "ClusterIP"), [cilium("a", BLOCKS)]],
    ["a pool for all Services", service(), [cilium("a", BLOCKS)]],
    ["an address in a block", service({ [IPS]: "192.0.2.3" }), [cilium("a", BLOCKS)]],
    ["an address in a range", service({ [IPS]: "192.0.2.105, 192.0.2.3" }), [cilium("a", BLOCKS)]],
    [
      "a pool that selects the Service by label",
      service(),
      [
        cilium("a", {
          ...BLOCKS,
          serviceSelector: { matchExpressions: [{ key: "tier", operator: "In", values: ["public"] }] },
        }),
      ],
    ],
    [
      "a pool that selects it by namespace, of an older version",
      service(),
      [
        cilium(
          "a",
          { ...BLOCKS, serviceSelector: { matchLabels: { "io.kubernetes.service.namespace": "network" } } },
          "cilium.io/v2alpha1",
        ),
      ],
    ],
    [
      "a MetalLB pool by its name, with an IPv6 range",
      service({ "metallb.io/address-pool": "public", "metallb.io/loadBalancerIPs": "fd00::5,192.0.2.9" }),
      [metallb("public", ["fd00::1-fd00::ff", "192.0.2.0 - 192.0.2.20"])],
    ],
    [
      "a MetalLB pool next to a Cilium pool for other Services",
      service(),
      [cilium("a", { ...BLOCKS, ...OTHERS }), metallb("public", ["192.0.2.0/24"])],
    ],
    [
      "a load balancer of another class",
      service({}, "LoadBalancer", { loadBalancerClass: "example.com/cloud" }),
      [cilium("a", { ...BLOCKS, ...OTHERS })],
    ],
  ] as const)
    it(`passes ${what}`, async () => {
      assert.deepEqual(await found(asked, ...live), []);
    });

  it("passes a cluster that serves the kinds but has no pools, as with Cilium next to another load balancer", async () => {
    const cluster = { ...clusterHolding(), serves: () => Promise.resolve(true) };
    assert.deepEqual(await checkAddressPools(service(), cluster), []);
    assert.equal((await checkAddressPools(service({ [IPS]: "192.0.2.3" }), cluster)).length, 1);
  });

  for (const [what, asked, live, message] of [
    [
      "an address in no pool",
      service({ [IPS]: "192.0.2.50" }),
      [cilium("a", BLOCKS)],
      /requests 192\.0\.2\.50.*pools: a/,
    ],
    [
      "pools for other Services only",
      service(),
      [cilium("a", { ...BLOCKS, ...OTHERS })],
      /not selected by any CiliumLoadBalancerIPPool \(pools: a\)/,
    ],
    ["a disabled pool", service(), [cilium("a", { ...BLOCKS, disabled: true })], /not selected by any/],
    [
      "an unknown pool",
      service({ "metallb.io/address-pool": "x" }),
      [metallb("public", ["192.0.2.0/24"])],
      /names the IPAddressPool x, which does not exist/,
    ],
    [
      "a kind of pool that the cluster lacks",
      service({ [IPS]: "192.0.2.3" }),
      [],
      /a kind that the cluster does not serve/,
    ],
  ] as const)
    it(`reports ${what} before the update`, async () => {
      const messages = await found(asked, ...live);
      assert.equal(messages.length, 1, messages.join("\n"));
      assert.match(messages[0] ?? "", message);
    });
});
