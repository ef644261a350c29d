import assert from "node:assert/strict";
import { checkServiceLb } from "../../../components/traefik/service-lb.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { clusterHolding } from "../../support/cluster.ts";

const LABEL = "svccontroller.k3s.cattle.io";
const service = (spec: object = {}, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "traefik-gateway-external", namespace: "network", labels },
  spec: { type: "LoadBalancer", ports: [{ port: 80 }, { port: 443, protocol: "TCP" }], ...spec },
});
/** As K3s creates it: pkg/cloudprovider/servicelb.go. */
const daemonSet = (
  name: string,
  namespace: string,
  ports: readonly { readonly port: number; readonly protocol?: string }[],
  nodeSelector: Record<string, string> = {},
): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: {
    name: `svclb-${name}-1a2b3c4d`,
    namespace: "kube-system",
    labels: {
      [`${LABEL}/nodeselector`]: "false",
      [`${LABEL}/svcname`]: name,
      [`${LABEL}/svcnamespace`]: namespace,
    },
  },
  spec: {
    template: {
      spec: {
        nodeSelector,
        containers: ports.map(({ port, protocol = "TCP" }) => ({
          name: `lb-${protocol.toLowerCase()}-${port}`,
          ports: [{ containerPort: port, hostPort: port, protocol }],
        })),
      },
    },
  },
});
const TRAEFIK = daemonSet("traefik", "kube-system", [{ port: 80 }, { port: 443 }]);
const found = async (asked: KubeObject, ...live: KubeObject[]): Promise<string[]> =>
  (await checkServiceLb(asked, clusterHolding(...live))).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );

describe("a Gateway's address from K3s's ServiceLB", () => {
  it("is reported as missing if another Service, such as that of K3s's Traefik, has the ports of the nodes", async () => {
    const [finding, ...more] = await found(service(), TRAEFIK);
    assert.match(
      finding ?? "",
      /^warning: Service network\/traefik-gateway-external would get no address on test, .* to Service kube-system\/traefik \(ports 80, 443\)/,
    );
    assert.deepEqual(more, []);
    assert.match((await found(service(), daemonSet("web", "apps", [{ port: 443 }]))).join(), /\(ports 443\)/);
  });

  it("is available for other ports, protocols and load balancers, and on other nodes", async () => {
    const udp = daemonSet("quic", "apps", [{ port: 443, protocol: "UDP" }]);
    const others = daemonSet("dns", "apps", [{ port: 53 }]);
    assert.deepEqual(await found(service(), udp, others), []);
    for (const spec of [{ type: "ClusterIP" }, { loadBalancerClass: "io.cilium/l2-announcer" }])
      assert.deepEqual(await found(service(spec), TRAEFIK), []);
    const pool = { [`${LABEL}/lbpool`]: "inside" };
    const inPool = daemonSet("inside", "apps", [{ port: 80 }], pool);
    assert.deepEqual(await found(service(), inPool), []);
    assert.equal((await found(service({}, pool), inPool)).length, 1);
    assert.equal((await found(service({}, pool), TRAEFIK)).length, 1);
  });

  it("is not in doubt once the Service has one, and its own DaemonSet is none of another Service", async () => {
    const own = daemonSet("traefik-gateway-external", "network", [{ port: 80 }]);
    assert.deepEqual(await found(service(), own), []);
    const live = { ...service(), status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };
    assert.deepEqual(await found(service(), TRAEFIK, live), []);
  });
});
