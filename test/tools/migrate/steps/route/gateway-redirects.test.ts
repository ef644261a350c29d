import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease,
  ingressWith,
  listener,
  messages,
  resultOf,
  type Files,
} from "../../planning.ts";

const HOST = "web.example.com";
const HTTPS = listener("https", "HTTPS", 443);
const DOOR_CLASS = gatewayClass("doors", "traefik.io/gateway-controller");

const middleware = (name: string, spec: object): object => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "Middleware",
  metadata: { name, namespace: "apps" },
  spec,
});
const TO_HTTPS = middleware("to-https", { redirectScheme: { scheme: "https", permanent: true } });
const TRAEFIK = helmRelease("traefik", "network", "traefik", {
  ingressClass: { name: "traefik" },
  providers: { kubernetesCRD: { ingressClass: "traefik" }, kubernetesIngress: { ingressClass: "traefik" } },
});

/** An IngressRoute of one rule for each host. */
const ingressRoute = (
  middlewares: readonly string[],
  hosts: readonly (readonly [string, boolean])[] = [[HOST, true]],
): object => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name: "web", namespace: "apps", annotations: { "kubernetes.io/ingress.class": "traefik" } },
  spec: {
    entryPoints: ["web"],
    routes: hosts.map(([host, isProtected]) => ({
      kind: "Rule",
      match: `Host(\`${host}\`)`,
      ...(isProtected ? { middlewares: middlewares.map((name) => ({ name })) } : {}),
      services: [{ name: "web", port: 80 }],
    })),
  },
});
const annotated = ingressWith({
  ingressClassName: "traefik",
  annotations: { "traefik.ingress.kubernetes.io/router.middlewares": "apps-to-https@kubernetescrd" },
});
const files = (...objects: readonly object[]): Files => ({
  "apps/objects.yaml": objects.slice(0, -1),
  "apps/web.yaml": objects.at(-1)!,
});
const options = (more: object): object => ({
  route: { gateways: { traefik: { name: "front", namespace: "doors", middlewares: true, ...more } } },
});
const ENTRY_POINTS = { entryPoints: { web: "http", websecure: "https" } };

describe("migrate route: an Ingress whose own Middleware redirects plain HTTP", () => {
  it("loses nothing if the Traefik behind the Gateway redirects it as well", () => {
    const behind = helmRelease("other", "network", "traefik", {
      ingressClass: { enabled: false },
      providers: {
        kubernetesGateway: { enabled: true },
        kubernetesCRD: { ingressClass: "none" },
        kubernetesIngress: { enabled: false },
      },
      ports: { web: { port: 80, http: { redirections: { entryPoint: { to: "websecure" } } } } },
    });
    const doors = gatewayWith({ name: "front", namespace: "doors" }, "doors", [
      listener("http", "HTTP", 80),
      HTTPS,
    ]);
    const refusals = (one: object, ...middlewares: readonly object[]): string => {
      const objects = [doors, DOOR_CLASS, TRAEFIK, behind, ...middlewares];
      return messages(resultOf(route, files(...objects, one), options(ENTRY_POINTS)), "refused").join();
    };
    const chain = middleware("chain", { chain: { middlewares: [{ name: "to-https" }] } });
    const toHttps = (spec: object): object => middleware("to-https", spec);
    assert.equal(refusals(ingressRoute(["to-https"]), TO_HTTPS), "");
    assert.equal(refusals(annotated, TO_HTTPS), "");
    assert.equal(refusals(ingressRoute(["chain"]), chain, TO_HTTPS), "");
    const byRegex = { redirectRegex: { regex: "^http://(.*)", replacement: "https://$1" } };
    assert.equal(refusals(ingressRoute(["to-https"]), toHttps(byRegex)), "");

    const served = /plain HTTP for web\.example\.com: the app answers it today/;
    const some = { redirectRegex: { regex: "^http://(.*)/old", replacement: "https://$1/new" } };
    assert.match(refusals(ingressRoute(["to-https"]), toHttps(some)), served);
    assert.match(refusals(ingressRoute(["to-https"]), toHttps({ compress: {} })), served);
    assert.match(
      refusals(
        ingressRoute(
          ["to-https"],
          [
            [HOST, false],
            ["second.example.com", true],
          ],
        ),
        TO_HTTPS,
      ),
      served,
    );
  });

  it("loses the redirect if its route gets only HTTPS listeners and nothing else redirects", () => {
    const refusals = (own: object, ...objects: readonly object[]): string =>
      messages(
        resultOf(route, files(...objects, TO_HTTPS, TRAEFIK, ingressRoute(["to-https"])), options(own)),
        "refused",
      ).join();
    const only = { elsewhere: true, entryPoints: { web: "https" }, httpsListeners: ["https"] };
    const elsewhere =
      /plain HTTP for web\.example\.com: a Middleware redirects it to HTTPS today, and its route attaches only to HTTPS listeners of Gateway doors\/front \(https\)/;
    assert.match(refusals(only), elsewhere);
    assert.equal(refusals({ ...only, redirectsToHttps: true }), "");

    const secure = gatewayWith({ name: "front", namespace: "doors" }, "doors", [HTTPS]);
    const here = { entryPoints: { web: "https" } };
    assert.match(
      refusals(here, secure, DOOR_CLASS),
      /plain HTTP for web\.example\.com: a Middleware redirects it to HTTPS today, and no plain listener of Gateway doors\/front admits its route/,
    );
    assert.equal(refusals({ ...here, redirectsToHttps: true }, secure, DOOR_CLASS), "");
    const both = gatewayWith({ name: "front", namespace: "doors" }, "doors", [
      listener("http", "HTTP", 80),
      HTTPS,
    ]);
    const redirect = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "redirect", namespace: "doors" },
      spec: {
        parentRefs: [{ name: "front", sectionName: "http" }],
        rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }] }],
      },
    };
    assert.equal(refusals(here, both, redirect, DOOR_CLASS), "");
  });

  it("is on the cutover list only if the repository does not show that something redirects afterwards", () => {
    const lines = (own: object): string => {
      const objects = files(TO_HTTPS, TRAEFIK, annotated);
      const result = resultOf(route, objects, options({ elsewhere: true, ...own }));
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
      return messages(result, "cutover")
        .filter((line) => line.includes("plain HTTP"))
        .join();
    };
    assert.equal(lines(ENTRY_POINTS), "");
    assert.equal(lines({ ...ENTRY_POINTS, redirectsToHttps: true }), "");
    assert.match(
      lines({}),
      /^Gateway doors\/front of .*: Middlewares redirect plain HTTP for web\.example\.com to HTTPS today\. Make sure .* one of its listeners is a plain one .*redirectsToHttps.*otherwise, http:\/\/ gets a 404$/,
    );
  });
});
