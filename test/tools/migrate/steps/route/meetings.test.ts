import assert from "node:assert/strict";
import type { BuiltCluster } from "../../../../../tools/gitops/flux/built.ts";
import { whyMeeting } from "../../../../../tools/migrate/steps/route/meetings/meetings.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease,
  ingressWith,
  listener,
  messages,
  resultOf,
  withRepository,
  written,
  type Files,
} from "../../planning.ts";

const HOST = "web.example.com";
const GATEWAY = gatewayWith({ name: "front", namespace: "doors" }, "doors", [
  listener("http", "HTTP", 80),
  listener("https", "HTTPS", 443),
  listener("lan", "HTTPS", 9443),
]);
const CLASS = gatewayClass("doors", "traefik.io/gateway-controller");
const LOGIN = { forwardAuth: { address: "http://login.apps.svc/verify" } };
const middleware = {
  apiVersion: "traefik.io/v1alpha1",
  kind: "Middleware",
  metadata: { name: "login", namespace: "apps" },
  spec: LOGIN,
};
const traefik = (values: object = {}): object => helmRelease("traefik", "network", "traefik", values);
const REDIRECTING = { ports: { web: { redirections: { entryPoint: { to: "websecure" } } } } };

/** An IngressRoute of the host on one entry point; with a login if `middlewares` names one. */
const ingressRoute = (name: string, entryPoint: string, middlewares: readonly string[] = []): object => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name, namespace: "apps", annotations: { "kubernetes.io/ingress.class": "traefik" } },
  spec: {
    entryPoints: [entryPoint],
    routes: [
      {
        kind: "Rule",
        match: `Host(\`${HOST}\`)`,
        services: [{ name: "web", port: 80 }],
        middlewares: middlewares.map((one) => ({ name: one })),
      },
    ],
    ...(entryPoint === "web" ? {} : { tls: {} }),
  },
});

const httpRoute = (spec: object = {}): object => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "earlier", namespace: "apps" },
  spec: {
    parentRefs: [{ name: "front", namespace: "doors" }],
    hostnames: [HOST],
    rules: [{ backendRefs: [{ name: "earlier", port: 80 }] }],
    ...spec,
  },
});

const gateways = (entryPoints: object, classes: readonly string[] = ["traefik"]): object => ({
  acceptLoss: ["setting"],
  route: {
    gateways: Object.fromEntries(
      classes.map((name) => [
        name,
        {
          name: "front",
          namespace: "doors",
          middlewares: true,
          redirectsToHttps: true,
          reachesApps: true,
          httpsListeners: ["https"],
          provides: ["hsts", "proxy-body-size"],
          entryPoints,
        },
      ]),
    ),
  },
});
const files = (...objects: readonly object[]): Files => ({
  "apps/objects.yaml": objects.slice(0, -2),
  "apps/one.yaml": objects.at(-2)!,
  "apps/two.yaml": objects.at(-1)!,
});
const result = (options: object, ...objects: readonly object[]): ReturnType<typeof resultOf> =>
  resultOf(route, files(CLASS, GATEWAY, middleware, ...objects), options);
const refusals = (options: object, ...objects: readonly object[]): string =>
  messages(result(options, ...objects), "refused").join("\n");

describe("migrate route: rules that would meet on a listener", () => {
  const open = ingressRoute("open", "lan");
  const closed = ingressRoute("closed", "websecure", ["login"]);

  it("leaves Ingresses of two entry points that become one listener", () => {
    const found = refusals(gateways({ lan: "https", websecure: "https" }), traefik(), open, closed);
    assert.match(found, /closed and IngressRoute apps\/open answer web\.example\.com differently|open and/);
    assert.match(found, /no client reaches both today/);
    assert.match(found, /one listener of Gateway doors\/front/);
    assert.equal(found.split("\n").length, 2);
  });

  it("moves them if each has its own listener, or if they answer alike", () => {
    const apart = result(gateways({ lan: "lan", websecure: "https" }), traefik(), open, closed);
    assert.deepEqual(messages(apart, "refused"), []);
    assert.match(written(apart, "apps/two.yaml"), /sectionName: https/);
    const alike = result(
      gateways({ lan: "https", websecure: "https" }),
      traefik(),
      ingressRoute("open", "lan", ["login"]),
      closed,
    );
    assert.deepEqual(messages(alike, "refused"), []);
  });

  it("leaves Ingresses of two classes that become one Gateway", () => {
    const tls = { tls: [{ hosts: [HOST], secretName: "web" }] };
    const outside = ingressWith({
      ingressClassName: "outside",
      annotations: { "nginx.ingress.kubernetes.io/whitelist-source-range": "10.0.0.0/8" },
      more: tls,
    });
    const inside = ingressWith({ name: "inside", ingressClassName: "inside", more: tls });
    const nginx = (name: string): object =>
      helmRelease(name, "network", "ingress-nginx", {
        controller: { ingressClassResource: { name, controllerValue: `k8s.io/${name}` } },
      });
    const options = gateways({}, ["outside", "inside"]);
    const found = refusals(options, nginx("outside"), nginx("inside"), outside, inside);
    assert.match(found, /their class, entry point or controller differs/);
    const alone = refusals(options, nginx("outside"), nginx("inside"), traefik(), inside);
    assert.equal(alone, "");
  });

  it("leaves an Ingress whose host a route of its Gateway answers already, but not its controller", () => {
    const nginx = helmRelease("nginx", "network", "ingress-nginx", {});
    const tls = { tls: [{ hosts: [HOST], secretName: "web" }] };
    const ingress = ingressWith({ ingressClassName: "nginx", more: tls });
    const options = gateways({}, ["nginx"]);
    assert.match(
      refusals(options, nginx, httpRoute(), ingress),
      /HTTPRoute apps\/earlier .*differently|and HTTPRoute/,
    );
    const other = httpRoute({ parentRefs: [{ name: "front", namespace: "doors", sectionName: "lan" }] });
    assert.equal(refusals(options, nginx, other, ingress), "");
    const same = httpRoute({ rules: [{ backendRefs: [{ name: "web", port: 80 }] }] });
    assert.equal(refusals(options, nginx, same, ingress), "");
  });

  it("is a question of the proof, too: two new routes must not compete if what they replace did not", () => {
    const entryPoints = { lan: "https", websecure: "https" };
    const asRoute = (name: string, middlewares: readonly string[]): object => ({
      ...httpRoute({
        parentRefs: [{ name: "front", namespace: "doors", sectionName: "https" }],
        rules: [
          {
            matches: [{ path: { type: "PathPrefix", value: "/" } }],
            filters: middlewares.map((one) => ({
              type: "ExtensionRef",
              extensionRef: { group: "traefik.io", kind: "Middleware", name: one },
            })),
            backendRefs: [{ name: "web", port: 80 }],
          },
        ],
      }),
      metadata: { name, namespace: "apps" },
    });
    const clustersOf = (...objects: readonly object[]): readonly BuiltCluster[] =>
      withRepository(
        files(CLASS, GATEWAY, middleware, traefik(), ...objects),
        {},
        ({ clusters }) => clusters,
      );
    const [after] = clustersOf(asRoute("open", []), asRoute("closed", ["login"]));
    const why = (...before: readonly object[]): string | undefined =>
      withRepository(
        files(CLASS, GATEWAY, middleware, traefik(), ...before),
        gateways(entryPoints),
        (context) => whyMeeting(new Set([HOST]), context, after),
      );
    assert.match(
      why(open, closed) ?? "",
      /would compete for requests to web\.example\.com on Gateway doors\/front/,
    );
    // As an Ingress, too, one of them could be chosen for every request.
    assert.equal(why(ingressRoute("open", "websecure"), closed), undefined);
  });
});

describe("migrate route: an entry point that redirects every request", () => {
  const options = gateways({ web: "http", websecure: "https" });
  const dead = ingressRoute("dead", "web");

  it("serves no IngressRoute that names it alone, which stays", () => {
    assert.match(
      refusals(options, traefik(REDIRECTING), dead),
      /no request reaches it today, because Traefik redirects every request on entry point web/,
    );
    assert.equal(refusals(options, traefik(), dead), "");
  });
});

describe("migrate route: hosts that an HTTPRoute does not accept", () => {
  const options = gateways({ websecure: "https" });
  const withHost = (host: string): object =>
    JSON.parse(JSON.stringify(ingressRoute("web", "websecure")).replaceAll(HOST, host)) as object;

  for (const [host, advice] of [
    ["Web.example.com", "write it in lower case"],
    ["my_app.example.com", "use another name"],
    ["web.example.com.", "use another name"],
  ] as const)
    it(`stay: ${host}`, () => {
      const found = refusals(options, traefik(), withHost(host));
      assert.match(found, /does not accept the host .*, so Flux could not apply it/);
      assert.ok(found.includes(advice), found);
    });

  it("stay if SOPS has encrypted them, whatever they are", () => {
    const found = refusals(options, traefik(), withHost("ENC[AES256_GCM,data:x]"));
    assert.match(found, /^SOPS has encrypted its host, so this step cannot read it/m);
    assert.doesNotMatch(found, /does not accept the host/);
  });

  it("move if a variable gives them", () => {
    assert.equal(refusals(options, traefik(), withHost("web.${DOMAIN:=example.com}")), "");
  });
});

describe("migrate route: certificates of apps that only the class's Traefik accepts", () => {
  const options = gateways({ websecure: "https" });
  const https = JSON.parse(
    JSON.stringify(ingressRoute("nas", "websecure")).replace('"port":80', '"port":443'),
  ) as object;

  for (const [values, name] of [
    [{ additionalArguments: ["--serversTransport.insecureSkipVerify=true"] }, "insecureSkipVerify"],
    [{ globalArguments: ["--serverstransport.insecureskipverify"] }, "insecureSkipVerify"],
    [{ env: [{ name: "TRAEFIK_SERVERSTRANSPORT_INSECURESKIPVERIFY", value: "true" }] }, "insecureSkipVerify"],
    [{ additionalArguments: ["--serversTransport.rootCAs=/ca/own.crt"] }, "rootCAs"],
  ] as const)
    it(`are a reason to stay: ${JSON.stringify(values)}`, () => {
      assert.match(
        refusals(options, traefik(values), https),
        new RegExp(`reaches web:443 over HTTPS, .* because of serversTransport\\.${name}: .*list it in`),
      );
      assert.equal(refusals(options, traefik(values), ingressRoute("web", "websecure")), "");
    });

  it("are none if Traefik verifies them today, or if the Gateway's Traefik is said to accept them", () => {
    assert.equal(
      refusals(
        options,
        traefik({ additionalArguments: ["--serversTransport.insecureSkipVerify=false"] }),
        https,
      ),
      "",
    );
    const lenient = JSON.parse(
      JSON.stringify(options).replace('"provides":[', '"provides":["serversTransport.insecureSkipVerify",'),
    ) as object;
    assert.equal(
      refusals(lenient, traefik({ additionalArguments: ["--serversTransport.insecureSkipVerify"] }), https),
      "",
    );
  });
});
