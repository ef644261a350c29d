import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayClass, gatewayWith, helmRelease, messages, resultOf, written } from "../../planning.ts";

const NAMESPACE = { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } };
const gateway = { name: "front", namespace: "doors" };
const options = {
  acceptLoss: ["setting"],
  route: { gateways: { nginx: gateway, traefik: gateway, other: gateway } },
};

const service = (...ports: readonly object[]): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "apps" },
  spec: { selector: { app: "web" }, ports },
});
const ingress = (port: number | string, ingressClassName = "nginx"): object => {
  const named = typeof port === "number" ? { number: port } : { name: port };
  const paths = [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: named } } }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "web", namespace: "apps" },
    spec: { ingressClassName, rules: [{ host: "web.example.com", http: { paths } }] },
  };
};
const ingressRoute = (port: number): object => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: {
    name: "web",
    namespace: "apps",
    annotations: { "kubernetes.io/ingress.class": "traefik" },
  },
  spec: { routes: [{ kind: "Rule", match: "Host(`web.example.com`)", services: [{ name: "web", port }] }] },
});
const app = (service: object, backend: object): object =>
  helmRelease("app", "apps", "app-template", {
    service,
    ingress: {
      main: {
        className: "nginx",
        hosts: [{ host: "web.example.com", paths: [{ path: "/", service: backend }] }],
      },
    },
  });

/** The route's port after the step, or why the Ingress stays, and what the owner should check. */
function moved(
  one: object,
  ...others: readonly object[]
): { readonly port: number | string; readonly notes: string } {
  const result = resultOf(route, { "web.yaml": one, "others.yaml": [NAMESPACE, ...others] }, options);
  const [, port] = /\bport: (\d+)\b/.exec(written(result, "web.yaml").split("backendRefs:")[1] ?? "") ?? [];
  if (port !== undefined) assert.equal(result.proof.status, "holds");
  return {
    port: port === undefined ? messages(result, "refused").join("\n") : Number(port),
    notes: messages(result, "cutover").join("\n"),
  };
}

describe("route: the port of a Service that an Ingress means", () => {
  it("is the Service's own, where ingress-nginx takes a targetPort", () => {
    assert.equal(moved(ingress(3000), service({ port: 80, targetPort: 3000 })).port, 80);
    assert.equal(moved(ingress("web"), service({ port: 80, targetPort: "web" })).port, 80);
    const ports = { http: { port: 80, targetPort: 3000 } };
    assert.equal(
      moved(app({ main: { controller: "main", ports } }, { identifier: "main", port: 3000 })).port,
      80,
    );
  });

  it("stays as written where it is one of the Service's", () => {
    assert.equal(moved(ingress(3000), service({ port: 3000, targetPort: 8080 })).port, 3000);
    const several = service(
      { name: "http", port: 80, targetPort: 8080 },
      { name: "alt", port: 8080, targetPort: 8080 },
    );
    assert.equal(moved(ingress(8080), several).port, 8080);
    assert.equal(moved(ingress("http"), several).port, 80);
    assert.equal(moved(ingressRoute(80), several).port, 80);
  });

  it("is refused where other controllers would not find it today either", () => {
    for (const one of [ingress(3000, "traefik"), ingress(3000, "other"), ingressRoute(3000)])
      assert.match(
        String(moved(one, service({ port: 80, targetPort: 3000 })).port),
        /3000 is a targetPort, but no port, of Service web.*write 80 into the Ingress first/,
      );
    assert.match(
      String(moved(ingress(9), service({ port: 80 })).port),
      /9 is no port of Service web.*write 80/,
    );
    assert.match(
      String(moved(ingress(9), service()).port),
      /9 is no port of Service web.*list it in the Service/,
    );
  });

  it("is refused where ingress-nginx takes another port than a Gateway", () => {
    const ports = [
      { name: "http", port: 80, targetPort: 3000 },
      { name: "admin", port: 3000, targetPort: 4000 },
    ];
    assert.match(String(moved(ingress(3000), service(...ports)).port), /targetPort of a port before it/);
    assert.equal(moved(ingress(3000, "traefik"), service(...ports)).port, 3000);
    assert.equal(moved(ingress(3000), service(...ports.toReversed())).port, 3000);
  });

  it("is compared with the Service of another app-template release", () => {
    const ports = { http: { port: 80, targetPort: 3000 } };
    const release = helmRelease("web", "apps", "app-template", {
      service: { web: { controller: "main", ports } },
    });
    assert.match(String(moved(ingress(3000), release).port), /write 80 into the Ingress/);
    assert.equal(moved(ingress(80), release).port, 80);
    assert.match(
      String(moved(app({}, { name: "web", port: 3000 }), release).port),
      /write 80 into the Ingress/,
    );
  });

  it("is refused where the first port of that number is not TCP, unless another controller than Traefik runs the Gateway", () => {
    const ports = [
      { name: "http3", port: 443, protocol: "UDP" },
      { name: "https", port: 443 },
    ];
    const envoy = [
      gatewayWith(gateway, "envoy"),
      gatewayClass("envoy", "gateway.envoyproxy.io/gatewayclass-controller"),
    ];
    assert.match(String(moved(ingress("https", "other"), service(...ports)).port), /has the protocol UDP/);
    assert.equal(moved(ingress("https", "other"), service(...ports), ...envoy).port, 443);
  });

  it("is on the cutover list where the repository does not show the Service, unless Traefik serves the Ingress", () => {
    const chart = helmRelease("stack", "apps", "kube-prometheus-stack", {});
    const { port, notes } = moved(ingress(3000), chart);
    assert.equal(port, 3000);
    assert.match(notes, /kubectl get service --namespace apps web/);
    assert.match(notes, /3000/);
    assert.match(moved(ingress(3000)).notes, /not in this repository.*3000/);
    assert.doesNotMatch(moved(ingress(3000, "traefik"), chart).notes, /kubectl get service/);
    assert.doesNotMatch(moved(ingress(80), service({ port: 80 })).notes, /kubectl get service/);
    const webhook = ingress(80);
    const text = JSON.stringify(webhook)
      .replaceAll('"apps"', '"flux-system"')
      .replace('"name":"web","port"', '"name":"webhook-receiver","port"');
    assert.doesNotMatch(moved(JSON.parse(text) as object).notes, /webhook-receiver/);
  });

  describe("in several clusters", () => {
    const cluster = (name: string): object => ({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name: "apps", namespace: "flux-system" },
      spec: {
        path: `clusters/${name}/apps`,
        prune: true,
        sourceRef: { kind: "GitRepository", name: "home" },
      },
    });
    /** What the step refuses, if cluster b has a Service with this port and these patches. */
    const refused = (port: number, patches: readonly object[] = []): string => {
      const files = ["a", "b"].flatMap((name): [string, unknown][] => [
        [`clusters/${name}/apps.yaml`, cluster(name)],
        [
          `clusters/${name}/apps/kustomization.yaml`,
          { resources: ["../../../base", "service.yaml"], ...(name === "b" && { patches }) },
        ],
        [
          `clusters/${name}/apps/service.yaml`,
          [NAMESPACE, service({ name: "http", port: name === "b" ? port : 80 })],
        ],
      ]);
      const base = {
        "base/web.yaml": ingress("http"),
        "base/kustomization.yaml": { resources: ["web.yaml"] },
      };
      const result = resultOf(route, { ...base, ...Object.fromEntries(files) }, options);
      return messages(result, "refused").join("\n");
    };

    it("has to be the same", () => {
      assert.match(refused(81), /ports of its backends differ between clusters/);
    });

    it("is not blamed for another host in one of them", () => {
      const rule = { op: "copy", from: "/spec/rules/0", path: "/spec/rules/-" };
      const host = { op: "replace", path: "/spec/rules/1/host", value: "other.example.com" };
      const patch = { target: { kind: "Ingress" }, patch: JSON.stringify([rule, host]) };
      const said = refused(80, [patch]);
      assert.notEqual(said, "");
      assert.doesNotMatch(said, /ports of its backends differ/);
    });
  });
});
