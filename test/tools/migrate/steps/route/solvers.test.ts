import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayClass, gatewayWith, helmRelease, ingressWith, messages, resultOf } from "../../planning.ts";

const GATEWAY = gatewayWith({ name: "front", namespace: "doors" }, "doors");
const NGINX = helmRelease("ingress-nginx", "network", "ingress-nginx", {});
const OPTIONS = { route: { gateways: { nginx: { name: "front", namespace: "doors" } } } };

/** An Issuer with these solvers for ACME. */
const issuer = (solvers: readonly object[], kind = "ClusterIssuer", namespace?: string): object => ({
  apiVersion: "cert-manager.io/v1",
  kind,
  metadata: { name: "public", ...(namespace !== undefined && { namespace }) },
  spec: { acme: { server: "https://acme.example.com", solvers } },
});
const http = (ingress: object, selector?: object): object => ({
  http01: { ingress },
  ...(selector && { selector }),
});

/** The lines about Issuers, where the Ingress web.example.com of class nginx moves. */
function lines(objects: readonly object[], options: object = OPTIONS, door = [NGINX]): readonly string[] {
  const web = ingressWith({ ingressClassName: "nginx" });
  const files = { "apps/objects.yaml": [GATEWAY, ...door, ...objects], "apps/web.yaml": web };
  const result = resultOf(route, files, options);
  assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
  return messages(result, "cutover").filter((line) => line.includes("HTTP-01"));
}

describe("migrate route: Issuers whose challenges come through the Ingress class that moves", () => {
  it("are one cutover line each, with the hosts and the field of the solver to add", () => {
    const [line = "", ...others] = lines([issuer([http({ ingressClassName: "nginx" })])]);
    assert.match(
      line,
      /^ClusterIssuer public proves hosts by HTTP-01 through an Ingress of class nginx .*Gateway doors\/front, .*: web\.example\.com\. .*http01\.gatewayHTTPRoute\.parentRefs/,
    );
    assert.deepEqual(others, []);
    const both = [
      http({ class: "nginx" }),
      http({ ingressClassName: "nginx" }, { dnsZones: ["example.com"] }),
    ];
    assert.equal(lines([issuer(both, "Issuer", "apps")]).length, 1);
  });

  it("may name the class as an annotation, by an Ingress, or not at all", () => {
    assert.equal(lines([issuer([http({ class: "nginx" })])]).length, 1);
    assert.equal(lines([issuer([http({ name: "web" })])]).length, 1);
    assert.equal(lines([issuer([http({ name: "web" })], "Issuer", "apps")]).length, 1);
    assert.equal(lines([issuer([http({ name: "web" })], "Issuer", "other")]).length, 0);
    assert.equal(lines([issuer([http({})])]).length, 1);
    const template = (name: string): object => ({
      ingressTemplate: { metadata: { annotations: { "kubernetes.io/ingress.class": name } } },
    });
    const byTemplate = issuer([http(template("nginx"))]);
    assert.equal(lines([byTemplate], { route: { ...OPTIONS.route, defaultClass: "other" } }).length, 1);
    assert.equal(lines([issuer([http({ class: "nginx", ...template("other") })])]).length, 0);
    const { route: gateways } = OPTIONS;
    assert.equal(lines([issuer([http({})])], { route: { ...gateways, defaultClass: "nginx" } }).length, 1);
    assert.equal(lines([issuer([http({})])], { route: { ...gateways, defaultClass: "other" } }).length, 0);
  });

  it("prove hosts of other classes that move as well, through the class of the solver", () => {
    const other = ingressWith({ name: "lan", host: "lan.example.com", ingressClassName: "inner" });
    const files = {
      "apps/objects.yaml": [GATEWAY, NGINX, issuer([http({ ingressClassName: "nginx" })])],
      "apps/web.yaml": ingressWith({ ingressClassName: "nginx" }),
      "apps/lan.yaml": other,
      "apps/back.yaml": gatewayWith({ name: "back", namespace: "doors" }, "doors"),
    };
    const gateways = { ...OPTIONS.route.gateways, inner: { name: "back", namespace: "doors" } };
    const result = resultOf(route, files, { route: { gateways } });
    const [line = ""] = messages(result, "cutover").filter((one) => one.includes("HTTP-01"));
    assert.match(
      line,
      /of class nginx \(.* Gateway doors\/front, .*: lan\.example\.com, web\.example\.com\. /,
    );
  });

  it("are not named if another class, another proof or a closer solver serves the hosts", () => {
    const own = http({ ingressClassName: "nginx" });
    const dns = (selector?: object): object => ({ dns01: {}, ...(selector && { selector }) });
    const gateway = { http01: { gatewayHTTPRoute: {} }, selector: { dnsNames: ["web.example.com"] } };
    for (const solvers of [
      [http({ ingressClassName: "other" })],
      [dns()],
      [dns(), own],
      [own, dns({ dnsZones: ["example.com"] })],
      [own, gateway],
      [http({ ingressClassName: "nginx" }, { dnsNames: ["other.example.com"] })],
      [http({ ingressClassName: "nginx" }, { dnsZones: ["example.org"] })],
    ])
      assert.deepEqual(lines([issuer(solvers)]), [], JSON.stringify(solvers));
    const labelled = http({ ingressClassName: "nginx" }, { matchLabels: { door: "front" } });
    assert.equal(lines([issuer([dns(), labelled])]).length, 1);
    assert.deepEqual(lines([{ ...issuer([own]), apiVersion: "certs.example.com/v1" }]), []);
  });

  it("are not named if the Traefik of the class also serves the Gateway, at the same address", () => {
    const door = [
      gatewayClass("doors", "traefik.io/gateway-controller"),
      helmRelease("traefik", "network", "traefik", {
        ingressClass: { name: "nginx" },
        providers: { kubernetesGateway: { enabled: true } },
      }),
    ];
    assert.deepEqual(lines([issuer([http({ ingressClassName: "nginx" })])], OPTIONS, door), []);
  });
});
