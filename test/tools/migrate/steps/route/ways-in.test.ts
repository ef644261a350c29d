import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease,
  ingressWith,
  messages,
  resultOf,
  type Files,
} from "../../planning.ts";

const GATEWAY = { name: "front", namespace: "doors" };
const nginx = (controller: object): object =>
  helmRelease("nginx", "network", "ingress-nginx", {
    controller: { ingressClassResource: { name: "wan" }, ...controller },
  });
const CLUSTER_IP = { service: { type: "ClusterIP" } };
const behind = (service: object): object =>
  helmRelease("traefik", "doors", "traefik", {
    providers: { kubernetesGateway: { enabled: true } },
    service,
  });
const tunnel = (args: readonly string[] = []): object =>
  helmRelease("tunnel", "network", "app-template", {
    controllers: {
      tunnel: {
        containers: {
          app: { image: { repository: "docker.io/cloudflare/cloudflared", tag: "2025.8.1" }, args },
        },
      },
    },
  });

/** What the report says about how requests reach the controller of the class. */
function waysIn(
  objects: readonly object[],
  more: Files = {},
  ingressClass = "wan",
  annotations: object = {},
): string {
  const result = resultOf(
    route,
    {
      "apps/web.yaml": ingressWith({ ingressClassName: ingressClass, annotations }),
      "apps/all.yaml": [gatewayClass("any", "example.com/gateway"), gatewayWith(GATEWAY, "any"), ...objects],
      ...more,
    },
    { acceptLoss: ["setting", "dns-record"], route: { gateways: { [ingressClass]: GATEWAY } } },
  );
  assert.ok(result.plan.changes.length > 0, messages(result, "refused").join("\n"));
  return messages(result, "cutover")
    .filter(
      (line) =>
        line.startsWith(`class ${ingressClass}: `) &&
        /ClusterIP|ports of the nodes|cloudflared|tunnel/.test(line),
    )
    .join("\n");
}

describe("migrate route: a controller without a load balancer", () => {
  it("gets its requests from the tunnel that the repository configures, which is named", () => {
    const rule = "http://nginx-ingress-nginx-controller.network.svc.cluster.local:80";
    const config = `ingress:\n  - hostname: "*.example.com"\n    service: ${rule}\n  - service: http_status:404\n`;
    assert.equal(
      waysIn([nginx(CLUSTER_IP), tunnel()], { "network/tunnel/config.yaml": config }),
      "class wan: the Service of its controller is of type ClusterIP (HelmRelease network/nginx), so something else, such as a tunnel, sends the requests there. It is configured in network/tunnel/config.yaml:3: send those for the moved hosts to the Gateway's Service in the same commit, or they get 404. If the Gateway has an address of its own, clients that know it get past what the tunnel demands, such as a login",
    );
  });

  it("gets them from what the repository does not show", () => {
    assert.match(
      waysIn([nginx(CLUSTER_IP), tunnel()]),
      /sends the requests there\. This repository shows no rule for it, but HelmRelease network\/tunnel runs cloudflared, whose rules may be in a Secret or at Cloudflare: send those/,
    );
    const chart = helmRelease("remote", "network", "cloudflare-tunnel-remote", {});
    assert.match(
      waysIn([nginx(CLUSTER_IP), tunnel(), chart]),
      /HelmRelease network\/tunnel, HelmRelease network\/remote run cloudflared/,
    );
    assert.match(waysIn([nginx(CLUSTER_IP)]), /\. This repository does not show what it is: send those/);
  });

  it("is one without a release, too", () => {
    const labels = { app: "door" };
    const container = { name: "door", image: "registry.example.com/ingress-nginx/controller:v1.12.0" };
    const workload = (spec: object = {}): object => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "door", namespace: "network" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container], ...spec } },
      },
    });
    const service = (spec: object): object => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "door", namespace: "network" },
      spec: { selector: labels, ports: [{ port: 80 }], ...spec },
    });
    const ways = (...objects: readonly object[]): string => waysIn(objects, {}, "nginx");
    assert.match(ways(workload(), service({})), /is of type ClusterIP, so something else/);
    assert.match(ways(workload({ hostNetwork: true })), /ports of the nodes \(hostNetwork: true\)/);
    assert.match(ways(workload(), service({ type: "NodePort" })), /ports of the nodes \(type: NodePort\)/);
    assert.equal(ways(workload(), service({ type: "LoadBalancer" })), "");
    assert.equal(ways(workload(), service({ externalIPs: ["192.0.2.1"] })), "");
  });

  it("may listen on ports of the nodes", () => {
    for (const [own, by] of [
      [{ ...CLUSTER_IP, hostNetwork: true }, "hostNetwork: true"],
      [{ service: { enabled: false }, hostPort: { enabled: true } }, "hostPort"],
      [{ service: { type: "NodePort" } }, "type: NodePort"],
    ] as const)
      assert.match(
        waysIn([nginx(own)]),
        new RegExp(
          `listens on ports of the nodes \\(${by} of HelmRelease network/nginx\\)\\. What leads there, such as a router's`,
        ),
      );
  });

  it("is not one with another Service that has an address, or whose Services are not known", () => {
    for (const own of [
      {},
      { hostPort: { enabled: true } },
      { service: { type: "ClusterIP", externalIPs: ["192.0.2.1"] } },
      { service: { type: "ClusterIP", internal: { enabled: true, type: "LoadBalancer" } } },
      { service: { enabled: false } },
    ])
      assert.equal(waysIn([nginx(own)]), "");
    const extra = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "lan", namespace: "network" },
      spec: { type: "LoadBalancer", selector: { "app.kubernetes.io/name": "ingress-nginx" } },
    };
    assert.equal(waysIn([nginx(CLUSTER_IP), extra]), "");
    const additional = { lan: { spec: { type: "LoadBalancer" } } };
    const traefik = (service: object): object =>
      helmRelease("traefik", "network", "traefik", { ingressClass: { name: "wan" }, service });
    assert.match(waysIn([traefik({ spec: { type: "ClusterIP" } })]), /is of type ClusterIP/);
    assert.equal(waysIn([traefik({ spec: { type: "ClusterIP" }, additionalServices: additional })]), "");
  });

  it("cannot be passed by a Gateway that has no address either", () => {
    const ways = (service: object): string => {
      const traefik = gatewayClass("doors", "traefik.io/gateway-controller");
      const own = [nginx(CLUSTER_IP), traefik, gatewayWith(GATEWAY, "doors"), behind(service)];
      const result = resultOf(
        route,
        { "apps/web.yaml": ingressWith({ ingressClassName: "wan" }), "apps/all.yaml": own },
        { acceptLoss: ["setting", "dns-record"], route: { gateways: { wan: GATEWAY } } },
      );
      return messages(result, "cutover").join("\n");
    };
    assert.match(
      ways({ spec: { type: "ClusterIP" } }),
      /the Gateway's Service in the same commit, or they get 404$/m,
    );
    assert.match(ways({}), /If the Gateway has an address of its own/);
  });
});

describe("migrate route: a controller that a tunnel of Cloudflare leads to, too", () => {
  const target = (value: string): object => ({ "external-dns.alpha.kubernetes.io/target": value });
  const TUNNEL = "12ab.cfargotunnel.com";
  const endpoint = (name: string): object => ({
    apiVersion: "externaldns.k8s.io/v1alpha1",
    kind: "DNSEndpoint",
    metadata: { name: "tunnel", namespace: "network" },
    spec: { endpoints: [{ dnsName: name, recordType: "CNAME", targets: [TUNNEL] }] },
  });
  const token = tunnel(["tunnel", "run", "--token", "$(TUNNEL_TOKEN)"]);

  it("goes on to get the requests of a host whose record leads to it", () => {
    assert.equal(
      waysIn([nginx({}), token], {}, "wan", target(TUNNEL)),
      "class wan: the DNS record of web.example.com leads to a tunnel of Cloudflare (HelmRelease network/tunnel runs cloudflared), and this repository shows no rule of it that sends requests to the controller of the class. Send those for this host to the Gateway's Service there in the same moment, or they get 404",
    );
    const named = target("out.example.com");
    assert.match(waysIn([nginx({}), endpoint("out.example.com")], {}, "wan", named), /leads to a tunnel/);
    assert.equal(waysIn([nginx({}), endpoint("in.example.com")], {}, "wan", named), "");
  });

  it("may get requests by rules at Cloudflare", () => {
    const remote = helmRelease("remote", "network", "cloudflare-tunnel-remote", {});
    const variable = tunnel();
    Object.assign(
      (variable as { spec: { values: { controllers: { tunnel: { containers: { app: object } } } } } }).spec
        .values.controllers.tunnel.containers.app,
      { env: { TUNNEL_TOKEN: "a" } },
    );
    for (const one of [token, remote, variable])
      assert.match(
        waysIn([nginx({}), one]),
        /^class wan: HelmRelease network\/\w+ runs cloudflared with rules at Cloudflare.* If they send/,
      );
    assert.equal(waysIn([nginx({}), tunnel(["tunnel", "run"])]), "");
  });

  it("is not named again where the repository has its rules", () => {
    const rule = "http://nginx-ingress-nginx-controller.network.svc.cluster.local:80";
    const config = { "network/tunnel/config.yaml": `ingress:\n  - service: ${rule}\n` };
    assert.equal(waysIn([nginx({}), token], config, "wan", target(TUNNEL)), "");
  });
});
