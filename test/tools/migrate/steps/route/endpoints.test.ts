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

const NAMESPACE = { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } };
const ADDRESS = "192.0.2.10";
const options = { acceptLoss: ["setting"], route: { gateways: gatewaysOf("nginx", "traefik", "other") } };

function gatewaysOf(...classes: readonly string[]): object {
  const gateway = { name: "front", namespace: "doors", middlewares: true };
  return Object.fromEntries(classes.map((name) => [name, gateway]));
}

const service = (
  ports: readonly object[] = [{ name: "http", port: 80, targetPort: 8123 }],
  more = {},
): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "apps", ...more },
  spec: { ports },
});
const endpoints = (ports: readonly object[], more: object = {}): object => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "web", namespace: "apps", ...more },
  subsets: [{ addresses: [{ ip: ADDRESS }], ports }],
});
const slice = (ports: readonly object[], conditions?: object, name = "web-1"): object => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name, namespace: "apps", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports,
  endpoints: [{ addresses: [ADDRESS], ...(conditions && { conditions }) }],
});

/** Why the Ingress stays; empty if it moves. */
function refusalOf(
  others: readonly object[],
  one: object = ingressWith({ ingressClassName: "nginx" }),
): string {
  const result = resultOf(route, files(others, one), options);
  const refused = messages(result, "refused").join("\n");
  assert.equal(result.plan.changes.length > 0, refused === "", refused);
  return refused;
}

const files = (others: readonly object[], one: object): Files => ({
  "web.yaml": one,
  "others.yaml": [NAMESPACE, ...others],
});

const ingressRoute = {
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: {
    name: "web",
    namespace: "apps",
    annotations: { "kubernetes.io/ingress.class": "traefik" },
  },
  spec: {
    routes: [{ kind: "Rule", match: "Host(`web.example.com`)", services: [{ name: "web", port: 80 }] }],
  },
};
const READY = { ready: true };

describe("route: servers that the repository lists by hand", () => {
  it("leaves an Ingress of ingress-nginx whose Service has Endpoints with another port name", () => {
    const refusal = refusalOf([service(), endpoints([{ port: 8123 }])]);
    assert.match(refusal, /Endpoints apps\/web/);
    assert.match(refusal, /192\.0\.2\.10:8123/);
    assert.match(refusal, /name: http/);
    assert.doesNotMatch(refusal, /ready/);
    assert.match(refusalOf([service(), endpoints([{ name: "web", port: 8123 }])]), /name: http/);
    assert.match(refusalOf([service([{ port: 80 }]), endpoints([{ name: "web", port: 80 }])]), /no name/);
    assert.match(refusalOf([service(), slice([], READY)]), /192\.0\.2\.10:8123.*name: http/);
  });

  it("moves it if the names are the same, if nothing answers today, and if a port of the same list has the name", () => {
    assert.equal(refusalOf([service(), endpoints([{ name: "http", port: 8123 }])]), "");
    assert.equal(refusalOf([service([{ port: 80 }]), endpoints([{ port: 8123 }])]), "");
    assert.equal(refusalOf([service(), slice([{ name: "http", port: 8123 }], READY)]), "");
    const named = service([{ name: "http", port: 80, targetPort: "web" }]);
    assert.equal(refusalOf([named, endpoints([{ port: 8123 }])]), "");
    const several = [
      { name: "http", port: 8123 },
      { name: "metrics", port: 9000 },
    ];
    assert.equal(refusalOf([service(), endpoints(several)]), "");
    assert.equal(refusalOf([service()]), "");
    const label = { "endpointslice.kubernetes.io/skip-mirror": "true" };
    assert.equal(refusalOf([service(), endpoints([{ port: 8123 }], { labels: label })]), "");
  });

  it("moves an Ingress or IngressRoute of Traefik, which takes ports by name as well", () => {
    const others = [service(), endpoints([{ port: 8123 }])];
    assert.equal(refusalOf(others, ingressWith({ ingressClassName: "traefik" })), "");
    assert.equal(refusalOf(others, ingressRoute), "");
  });

  it("leaves Ingresses whose EndpointSlices do not say that their endpoints are ready, whatever serves them today", () => {
    const others = [service(), slice([{ name: "http", port: 8123 }])];
    for (const ingressClassName of ["nginx", "traefik", "other"]) {
      const refusal = refusalOf(others, ingressWith({ ingressClassName }));
      assert.match(refusal, /EndpointSlice apps\/web-1/);
      assert.match(refusal, /conditions: \{ ready: true \}/);
      assert.doesNotMatch(refusal, /name: http/);
    }
    assert.match(refusalOf(others, ingressRoute), /conditions: \{ ready: true \}/);
    const both = refusalOf([service(), slice([{ port: 8123 }])]);
    assert.match(both, /name: http.*conditions: \{ ready: true \}/);
  });

  it("reads every EndpointSlice, and leaves out what is not ready today either", () => {
    const http = [{ name: "http", port: 8123 }];
    const second = { ...slice(http, undefined, "web-2"), endpoints: [{ addresses: ["192.0.2.11"] }] };
    const refusal = refusalOf([service(), slice(http, READY), second]);
    assert.match(refusal, /EndpointSlice apps\/web-2/);
    assert.doesNotMatch(refusal, /web-1/);
    assert.equal(refusalOf([service(), slice(http, READY), slice(http, undefined, "web-2")]), "");
    const off = {
      ...slice(http, { ready: false }, "web-2"),
      endpoints: [{ addresses: ["192.0.2.11"], conditions: { ready: false } }],
    };
    assert.equal(refusalOf([service(), slice(http, READY), off]), "");
    const selected = { ...service(), spec: { selector: { app: "web" }, ports: [{ port: 80 }] } };
    assert.equal(refusalOf([selected, slice([{ port: 80 }])]), "");
  });

  it("does not ask for readiness where another controller runs the Gateway, or Traefik sends requests to the cluster IP", () => {
    const unsaid = slice([{ name: "http", port: 8123 }]);
    const front = { name: "front", namespace: "doors" };
    const envoy = [
      gatewayWith(front, "envoy"),
      gatewayClass("envoy", "gateway.envoyproxy.io/gatewayclass-controller"),
    ];
    assert.equal(refusalOf([service(), unsaid, ...envoy]), "");
    assert.match(refusalOf([service(), slice([{ port: 8123 }]), ...envoy]), /name: http/);
    const native = service(undefined, { annotations: { "traefik.io/service.nativelb": "true" } });
    assert.equal(refusalOf([native, unsaid]), "");
    const traefik = [
      gatewayWith(front, "traefik"),
      gatewayClass("traefik", "traefik.io/gateway-controller"),
      helmRelease("traefik", "doors", "traefik", {
        providers: { kubernetesGateway: { enabled: true, nativeLBByDefault: true } },
      }),
    ];
    assert.equal(refusalOf([service(), unsaid, ...traefik]), "");
  });

  it("leaves headless Services for which Traefik's Gateway provider would look for a cluster IP", () => {
    const annotations = { "traefik.io/service.nativelb": "true" };
    const headless = {
      ...service(undefined, { annotations }),
      spec: { clusterIP: "None", selector: { app: "web" }, ports: [{ port: 80 }] },
    };
    assert.match(refusalOf([headless]), /Service apps\/web is headless.*service\.nativelb: "false"/);
  });

  it("asks for readiness where Traefik's Ingress provider uses what is not ready", () => {
    const off = slice([{ name: "http", port: 8123 }], { ready: false });
    const refusal = refusalOf([service(), off], ingressWith({ ingressClassName: "traefik" }));
    assert.match(refusal, /route would not: set conditions/);
    assert.equal(refusalOf([service(), off]), "");
  });

  it("does not ask for readiness where a TraefikService stands between route and Service", () => {
    const annotations = { "nginx.ingress.kubernetes.io/backend-protocol": "GRPC" };
    const one = ingressWith({ ingressClassName: "nginx", annotations });
    assert.equal(refusalOf([service(), slice([{ name: "http", port: 8123 }])], one), "");
    assert.match(refusalOf([service(), slice([{ port: 8123 }])], one), /name: http/);
  });

  it("finds the Service that app-template's values name", () => {
    const ingress = {
      main: {
        className: "nginx",
        hosts: [{ host: "web.example.com", paths: [{ path: "/", service: { name: "web", port: 80 } }] }],
      },
    };
    const release = helmRelease("app", "apps", "app-template", { ingress });
    assert.match(refusalOf([service(), endpoints([{ port: 8123 }])], release), /name: http/);
  });

  it("says what an EndpointSlice in place of an ExternalName needs", () => {
    const external = {
      ...service(),
      spec: { type: "ExternalName", externalName: "nas.example.com", ports: [{ port: 80 }] },
    };
    const needs = /EndpointSlice.*port has the name of the Service's.*conditions: \{ ready: true \}/;
    assert.match(refusalOf([external]), needs);
    const own = {
      service: {
        main: { type: "ExternalName", externalName: "nas.example.com", ports: { http: { port: 80 } } },
      },
      ingress: {
        main: {
          className: "nginx",
          hosts: [
            {
              host: "web.example.com",
              paths: [{ path: "/", service: { identifier: "main", port: "http" } }],
            },
          ],
        },
      },
    };
    assert.match(refusalOf([], helmRelease("app", "apps", "app-template", own)), needs);
  });
});
