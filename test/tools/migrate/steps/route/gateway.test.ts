import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prove } from "../../../../../tools/migrate/proof.ts";
import { reportOf } from "../../../../../tools/migrate/report.ts";
import { configFate } from "../../../../../tools/migrate/steps/route/controllers/nginx-config.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  ingressWith,
  kustomization,
  listener,
  messages,
  resultOf,
  withRepository,
  written,
  type Files,
} from "../../planning.ts";

const GATEWAY_API = "gateway.networking.k8s.io/v1";
const HOST = "web.example.com";
const TRAEFIK_CONTROLLER = "traefik.io/gateway-controller";

type Listener = Readonly<Record<string, unknown>>;
const HTTP: Listener = { ...listener("http", "HTTP", 80) };
const HTTPS: Listener = { ...listener("https", "HTTPS", 443), hostname: "*.example.com" };

const gateway = (name: string, listeners: readonly Listener[] = [HTTP, HTTPS], namespace = "doors"): object =>
  gatewayWith({ name, namespace }, "doors", listeners);
/** A route that redirects plain HTTP to HTTPS. */
const redirect = (spec: object = {}): object => ({
  apiVersion: GATEWAY_API,
  kind: "HTTPRoute",
  metadata: { name: "redirect", namespace: "doors" },
  spec: {
    parentRefs: [{ name: "front", sectionName: "http" }],
    rules: [
      { filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] },
    ],
    ...spec,
  },
});
const controller = (chart: string, values: object): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: chart, namespace: "network" },
  spec: { chart: { spec: { chart, sourceRef: { kind: "HelmRepository", name: chart } } }, values },
});
const NGINX = controller("ingress-nginx", {});
const nginx = (config: object): object => controller("ingress-nginx", { controller: { config } });
const TRAEFIK = controller("traefik", {});

const ingress = (ingressClassName: string, more: object = {}, annotations: object = {}): object =>
  ingressWith({ host: HOST, ingressClassName, annotations, more });
const TLS = { tls: [{ hosts: [HOST] }] };
const files = (...objects: readonly object[]): Files => ({
  "apps/objects.yaml": objects.slice(0, -1),
  "apps/web.yaml": objects.at(-1)!,
});
const options = (more: object = {}): object => ({
  route: {
    gateways: Object.fromEntries(
      ["nginx", "traefik", "unknown"].map((name) => [name, { name: "front", namespace: "doors", ...more }]),
    ),
  },
});
const SECURE = /parentRefs:\n {4}- name: front\n {6}namespace: doors\n {6}sectionName: https\n {2}hostnames/;
const ALL = /parentRefs:\n {4}- name: front\n {6}namespace: doors\n {2}hostnames/;

/** For each controller, an Ingress that is not served in clear text. */
const NOT_PLAIN: readonly (readonly [string, readonly object[]])[] = [
  ["nginx: a certificate", [NGINX, ingress("nginx", TLS)]],
  ["nginx: force-ssl-redirect in the ConfigMap", [nginx({ "force-ssl-redirect": "true" }), ingress("nginx")]],
  [
    "nginx: an annotation",
    [NGINX, ingress("nginx", {}, { "nginx.ingress.kubernetes.io/force-ssl-redirect": "true" })],
  ],
  [
    "nginx: an annotation that turns off only one of the two",
    [
      nginx({ "force-ssl-redirect": true }),
      ingress("nginx", TLS, { "nginx.ingress.kubernetes.io/ssl-redirect": "false" }),
    ],
  ],
  [
    "Traefik: an entry point that redirects, in the values",
    [
      controller("traefik", { ports: { web: { redirections: { entryPoint: { to: "websecure" } } } } }),
      ingress("traefik"),
    ],
  ],
  [
    "Traefik: an entry point that redirects, in older values",
    [controller("traefik", { ports: { web: { redirectTo: { port: "websecure" } } } }), ingress("traefik")],
  ],
  [
    "Traefik: an entry point that redirects, in newer values",
    [
      controller("traefik", {
        ports: { web: { http: { redirections: { entryPoint: { to: "websecure" } } } } },
      }),
      ingress("traefik"),
    ],
  ],
  [
    "Traefik: an entry point that redirects, in arguments",
    [
      controller("traefik", {
        additionalArguments: ["--entryPoints.web.http.redirections.entryPoint.to=:443"],
      }),
      ingress("traefik"),
    ],
  ],
  [
    "Traefik: an entry point that redirects, and another for Ingresses without entry points",
    [
      controller("traefik", {
        ports: { web: { redirections: { entryPoint: { to: "websecure" } } }, websecure: { asDefault: true } },
      }),
      ingress("traefik"),
    ],
  ],
  ["an unknown controller: a certificate", [ingress("unknown", TLS)]],
];

/** Values of Traefik's chart in which an Ingress without entry points is only on the one for HTTPS, and values in which it is on others, too. */
const DEFAULTS: readonly (readonly [object, readonly object[]])[] = [
  [
    { ports: { web: { asDefault: false }, websecure: { asDefault: true } } },
    [
      { ports: { web: { asDefault: true }, websecure: { asDefault: true } } },
      { ports: { web: { asDefault: false }, websecure: { asDefault: false } } },
    ],
  ],
  [
    { additionalArguments: ["--entryPoints.websecure.asDefault"] },
    [
      { additionalArguments: ["--entrypoints.websecure.asdefault=false"] },
      { additionalArguments: ["--entrypoints.websecure.asdefault=true", "--entrypoints.web.asdefault=true"] },
    ],
  ],
];

/** For each controller, values without a port for plain HTTP in its Service, and values that have one after all. */
const CLOSED: readonly (readonly [string, object, readonly object[]])[] = [
  [
    "nginx",
    { controller: { service: { enableHttp: false } } },
    [
      { controller: { service: { enableHttp: false }, hostNetwork: true } },
      { controller: { service: { enableHttp: false }, hostPort: { enabled: true } } },
      { controller: { service: { enableHttps: false } } },
    ],
  ],
  [
    "traefik",
    { ports: { web: { expose: { default: false } } } },
    [
      { ports: { web: { expose: { default: false, internal: true } } } },
      { ports: { web: { expose: { default: false } } }, hostNetwork: true },
      { ports: { web: { expose: { default: false }, hostPort: 80 } } },
      { ports: { web: { expose: { default: false } }, lan: { port: 8080 } } },
      { ports: { web: { expose: { internal: true } } } },
    ],
  ],
  ["traefik", { ports: { web: { expose: false } } }, [{ ports: { web: { expose: true } } }]],
  ["traefik", { ports: { web: null } }, [{ ports: {} }]],
];

describe("migrate route: plain HTTP", () => {
  for (const [name, objects] of NOT_PLAIN) {
    it(`is not served for an Ingress that redirects (${name})`, () => {
      const redirected = files(gateway("front"), redirect(), ...objects);
      const result = resultOf(route, redirected, options());
      assert.equal(reportOf(result, result.after).verdict, "proven", messages(result, "refused").join());
      assert.match(written(result, "apps/web.yaml"), SECURE);
      // Without the redirect, the route would answer less than the Ingress did.
      const alone = resultOf(route, files(gateway("front"), ...objects), options());
      assert.match(messages(alone, "refused")[0] ?? "", /redirects plain HTTP to HTTPS, and no HTTPRoute/);
    });

    it(`is not served, and the proof depends on it (${name})`, () => {
      withRepository(files(gateway("front"), redirect(), ...objects), options(), (context) => {
        const { changes, notes } = route.plan(context);
        const open = changes.map(({ path, text }) => ({
          path,
          text: text?.replace(/ +sectionName: https\n/, ""),
        }));
        const { failures } = prove(route, context, { changes: open, notes }).proof;
        assert.ok(failures.some(({ message }) => message.includes("serve")));
      });
    });
  }

  for (const [closed, open] of DEFAULTS)
    it(`is not served for an Ingress without entry points where Traefik's default is another: ${JSON.stringify(closed)}`, () => {
      const moved = (values: object, more: object = {}): string =>
        written(
          resultOf(
            route,
            files(gateway("front"), controller("traefik", values), ingress("traefik")),
            options(more),
          ),
          "apps/web.yaml",
        );
      assert.match(moved(closed), SECURE);
      assert.match(moved(closed, { entryPoints: { web: "http", websecure: "https" } }), SECURE);
      for (const values of open) assert.match(moved(values), ALL, JSON.stringify(values));
    });

  for (const [name, closed, open] of CLOSED)
    it(`is not served where the Service of ${name} has no port for it: ${JSON.stringify(closed)}`, () => {
      const chart = name === "nginx" ? "ingress-nginx" : name;
      const moved = (...objects: readonly object[]): string =>
        written(resultOf(route, files(gateway("front"), ...objects), options()), "apps/web.yaml");
      assert.match(moved(controller(chart, closed), ingress(name)), SECURE);
      for (const values of open)
        assert.match(moved(controller(chart, values), ingress(name)), ALL, JSON.stringify(values));
      const selector = { "app.kubernetes.io/name": chart };
      const service = (targetPort: string): object => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "lan", namespace: "network" },
        spec: { selector, ports: [{ port: 80, targetPort }] },
      });
      const plain = name === "nginx" ? "http" : "web";
      assert.match(moved(controller(chart, closed), service(plain), ingress(name)), ALL);
      assert.match(moved(controller(chart, closed), service("https"), ingress(name)), SECURE);
    });

  it("is served as before for an Ingress that serves it", () => {
    for (const objects of [
      [NGINX, ingress("nginx")],
      [nginx({ "ssl-redirect": "false" }), ingress("nginx", TLS)],
      [TRAEFIK, ingress("traefik", TLS)],
      [ingress("unknown")],
    ]) {
      const result = resultOf(route, files(gateway("front"), ...objects), options());
      assert.match(written(result, "apps/web.yaml"), ALL);
    }
  });

  it("is a loss if no plain listener admits the route of an Ingress that answers it", () => {
    const same = { ...HTTP, allowedRoutes: { namespaces: { from: "Same" } } };
    const refusals = (listeners: readonly Listener[], acceptLoss: readonly string[] = []): string => {
      const objects = files(NGINX, gateway("front", listeners), redirect(), ingress("nginx"));
      return messages(resultOf(route, objects, { ...options(), acceptLoss }), "refused").join("\n");
    };
    const expected =
      /plain HTTP for web\.example\.com: the app answers it today, and no plain listener of Gateway doors\/front admits its route/;
    assert.match(refusals([same, HTTPS]), expected);
    assert.match(refusals([HTTPS]), expected);
    assert.equal(refusals([same, HTTPS], ["setting"]), "");
    assert.equal(refusals([HTTP, HTTPS]), "");
    assert.equal(refusals([same, { ...HTTP, name: "other", port: 8080 }, HTTPS]), "");
  });

  it("is a loss if the options name only HTTPS listeners of a Gateway that is created elsewhere", () => {
    const byEntryPoint = {
      apiVersion: "traefik.io/v1alpha1",
      kind: "IngressRoute",
      metadata: { name: "web", namespace: "apps", annotations: { "kubernetes.io/ingress.class": "traefik" } },
      spec: {
        entryPoints: ["web"],
        routes: [{ kind: "Rule", match: `Host(\`${HOST}\`)`, services: [{ name: "web", port: 80 }] }],
      },
    };
    const expected =
      /plain HTTP for web\.example\.com: the app answers it today, and its route attaches only to HTTPS listeners of Gateway doors\/front \((?:https|443)\)/;
    for (const [objects, own] of [
      [[NGINX, ingress("nginx")], { httpsListeners: ["https"] }],
      [[NGINX, ingress("nginx")], { httpsListeners: ["https"], redirectsToHttps: true }],
      [[NGINX, ingress("nginx")], { entryPoints: { websecure: "https" } }],
      [[NGINX, ingress("nginx")], { entryPoints: { internal: 443 } }],
      [[TRAEFIK, byEntryPoint], { httpsListeners: ["https"], entryPoints: { web: "https" } }],
    ] as const) {
      const elsewhere = options({ elsewhere: true, ...own });
      const kept = resultOf(route, files(...objects), elsewhere);
      assert.deepEqual(kept.plan.changes, []);
      assert.match(messages(kept, "refused").join(), expected, JSON.stringify(own));
      const moved = resultOf(route, files(...objects), { ...elsewhere, acceptLoss: ["setting"] });
      assert.equal(moved.plan.changes.length, 1);
    }
    const redirecting = options({ elsewhere: true, httpsListeners: ["https"], redirectsToHttps: true });
    assert.equal(resultOf(route, files(NGINX, ingress("nginx", TLS)), redirecting).plan.changes.length, 1);
  });

  it("is to be checked if one of several listeners may answer it, on a Gateway that is created elsewhere", () => {
    const lines = (own: object, one = ingress("nginx")): string => {
      const result = resultOf(route, files(NGINX, one), options({ elsewhere: true, ...own }));
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
      return messages(result, "cutover")
        .filter((line) => line.includes("answer plain HTTP today"))
        .join();
    };
    const both = { entryPoints: { web: "http", websecure: "https" } };
    assert.match(
      lines({}),
      /^Gateway doors\/front of .*: the apps of web\.example\.com answer plain HTTP today.* one of its listeners is a plain one/,
    );
    assert.match(lines({ entryPoints: { inner: "front" } }), /one of its listeners \(front\) is a plain one/);
    assert.match(lines({ ...both, redirectsToHttps: true }), /one of its listeners \(http, https\) is/);
    assert.equal(lines(both), "");
    assert.equal(lines({ redirectsToHttps: true, httpsListeners: ["https"] }, ingress("nginx", TLS)), "");
  });

  it("is a loss if the Traefik behind the Gateway redirects all of it, and not if it is another port", () => {
    const behind = (values: object): object =>
      controller("traefik", { providers: { kubernetesGateway: { enabled: true } }, ...values });
    const doors = (port: number): object => gateway("front", [{ ...HTTP, port }, HTTPS]);
    const refusals = (port: number, values: object): string => {
      const objects = [doors(port), gatewayClass("doors", TRAEFIK_CONTROLLER), behind(values), NGINX];
      return messages(resultOf(route, files(...objects, ingress("nginx")), options()), "refused").join();
    };
    const ports = { web: { port: 80, http: { redirections: { entryPoint: { to: "websecure" } } } } };
    assert.match(
      refusals(80, { ports }),
      /plain HTTP for web\.example\.com: .* the Traefik behind Gateway doors\/front redirects every request on port 80 /,
    );
    const byDefault = { ports: { web: { redirections: { entryPoint: { to: "websecure" } } } } };
    assert.match(refusals(8000, byDefault), /on port 8000 /);
    const flags = ["--entryPoints.web.address=:80", "--entryPoints.web.http.redirections.entryPoint.to=:443"];
    assert.match(refusals(80, { additionalArguments: flags }), /on port 80 /);
    assert.equal(refusals(81, { ports }), "");
    assert.equal(refusals(80, {}), "");
  });

  it("is not served for what Traefik serves only over TLS, without any redirect", () => {
    const annotated = ingress("traefik", {}, { "traefik.ingress.kubernetes.io/router.tls": "true" });
    const object = {
      apiVersion: "traefik.io/v1alpha1",
      kind: "IngressRoute",
      metadata: { name: "web", namespace: "apps", annotations: { "kubernetes.io/ingress.class": "traefik" } },
      spec: {
        tls: {},
        routes: [{ kind: "Rule", match: `Host(\`${HOST}\`)`, services: [{ name: "web", port: 80 }] }],
      },
    };
    for (const one of [annotated, object]) {
      const result = resultOf(route, files(gateway("front"), TRAEFIK, one), options());
      assert.match(written(result, "apps/web.yaml"), SECURE);
    }
  });

  it("gets one parentRef per HTTPS listener for the hosts of the Ingress", () => {
    const other = { ...HTTPS, name: "other", hostname: "*.example.org" };
    const second = { ...HTTPS, name: "second", hostname: HOST };
    const result = resultOf(
      route,
      files(gateway("front", [HTTP, other, HTTPS, second]), redirect(), NGINX, ingress("nginx", TLS)),
      options(),
    );
    assert.match(
      written(result, "apps/web.yaml"),
      /sectionName: https\n {4}- name: front\n.*\n {6}sectionName: second\n {2}host/,
    );
    const none = resultOf(
      route,
      files(gateway("front", [HTTP, other]), redirect(), NGINX, ingress("nginx", TLS)),
      options(),
    );
    assert.match(messages(none, "refused")[0] ?? "", /has no HTTPS listener for web\.example\.com/);
  });

  it("is redirected only if the redirect covers the host and attaches to a plain listener", () => {
    for (const spec of [
      { hostnames: ["other.example.com"] },
      { parentRefs: [{ name: "front", sectionName: "https" }] },
      { parentRefs: [{ name: "other", sectionName: "http" }] },
      { rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { hostname: "a.example.com" } }] }] },
    ]) {
      const objects = files(gateway("front"), redirect(spec), NGINX, ingress("nginx", TLS));
      assert.deepEqual(resultOf(route, objects, options()).plan.changes, []);
      assert.equal(resultOf(route, objects, options({ redirectsToHttps: true })).plan.changes.length, 1);
    }
  });

  it("is redirected if the options say so and the repository does not show the controller", () => {
    const secure = options({ redirectsToHttps: true, httpsListeners: ["https"] });
    for (const [name, objects, pattern] of [
      ["hidden", [ingress("traefik")], SECURE],
      ["shown", [TRAEFIK, ingress("traefik")], ALL],
      ["a rule of ingress-nginx", [ingress("nginx")], ALL],
    ] as const)
      assert.match(written(resultOf(route, files(...objects), secure), "apps/web.yaml"), pattern, name);
    assert.match(written(resultOf(route, files(ingress("traefik")), options()), "apps/web.yaml"), ALL);
  });

  it("is on the cutover list for a host that tls does not list, because only the certificate decides", () => {
    const lines = (hosts: readonly string[], annotations: object = {}): string => {
      const one = ingress("nginx", { tls: [{ hosts, secretName: "web" }] }, annotations) as {
        spec: { rules: { host: string }[] };
      };
      const [first] = one.spec.rules;
      one.spec.rules.push({ ...first!, host: "second.example.com" });
      const result = resultOf(route, files(gateway("front"), redirect(), NGINX, one), options());
      return messages(result, "cutover")
        .filter((line) => line.includes("tls does not list"))
        .join();
    };
    assert.match(
      lines([HOST]),
      /^second\.example\.com: tls does not list it; unless its certificate covers it/,
    );
    assert.match(lines([HOST, "*.com"]), /^second\.example\.com: /, "a wildcard is one label");
    const forced = { "nginx.ingress.kubernetes.io/force-ssl-redirect": "true" };
    assert.equal(lines([HOST], forced) + lines([HOST, "second.example.com"]) + lines(["*.example.com"]), "");
  });

  it("is all that a plain listener serves, so no certificate is on the cutover list", () => {
    const annotations = { "traefik.ingress.kubernetes.io/router.entrypoints": "tunnel" };
    const objects = files(gateway("front"), TRAEFIK, ingress("traefik", {}, annotations));
    const lines = (listener: string): string =>
      messages(resultOf(route, objects, options({ entryPoints: { tunnel: listener } })), "cutover").join(
        "\n",
      );
    assert.match(lines("http"), /^web\.example\.com: moves from class traefik/m);
    assert.doesNotMatch(lines("http"), /certificate/);
    assert.match(lines("https"), /TLS: a certificate on the Gateway's listener must cover it/);
  });

  it("never comes with an entry point whose listener is not an HTTPS listener", () => {
    const annotations = { "traefik.ingress.kubernetes.io/router.entrypoints": "web,websecure" };
    const redirecting = controller("traefik", { ports: { web: { redirectTo: "websecure" } } });
    const objects = files(gateway("front"), redirect(), redirecting, ingress("traefik", {}, annotations));
    const right = resultOf(route, objects, options({ entryPoints: { web: "http", websecure: "https" } }));
    assert.match(written(right, "apps/web.yaml"), SECURE);
    const wrong = resultOf(route, objects, options({ entryPoints: { websecure: "http" } }));
    assert.match(
      messages(wrong, "refused")[0] ?? "",
      /listener http of Gateway doors\/front is not an HTTPS listener/,
    );
  });
});

describe("migrate route: the Gateway", () => {
  const plain = [NGINX, ingress("nginx")];

  it("must be in the repository if others are, unless it is created elsewhere", () => {
    for (const [present, hint] of [
      [gateway("front", [HTTP, HTTPS], "other"), /\(other\/front\?\)/],
      [gateway("envoy-front"), /\(doors\/envoy-front\?\)/],
      [gateway("back"), /has doors\/back\. Correct route\.gateways\.nginx,/],
    ] as const) {
      const result = resultOf(route, files(present, ...plain), options());
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "refused")[0] ?? "", /Gateway doors\/front is not in this repository/);
      assert.match(messages(result, "refused")[0] ?? "", hint);
      assert.equal(
        resultOf(route, files(present, ...plain), options({ elsewhere: true })).plan.changes.length,
        1,
      );
    }
    assert.equal(resultOf(route, files(...plain), options()).plan.changes.length, 1);
  });

  it("must admit the route's namespace and serve its hosts", () => {
    for (const [listener, reason] of [
      [{ ...HTTP, allowedRoutes: { namespaces: { from: "Same" } } }, /admits routes from namespace apps/],
      [{ ...HTTP, hostname: "*.example.org" }, /serves web\.example\.com/],
      [{ ...HTTP, protocol: "TCP" }, /accepts routes of kind HTTPRoute/],
    ] as const) {
      const result = resultOf(route, files(gateway("front", [listener]), ...plain), options());
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "refused")[0] ?? "", reason);
    }
  });

  it("gets no parentRef to a listener whose hostname cannot match, whatever a variable in both is", () => {
    const DOMAIN = "${SECRET_DOMAIN}";
    const named = (name: string, hostname: string): Listener => ({ ...HTTPS, name, hostname });
    const listeners = [
      HTTP,
      named("apex", DOMAIN),
      named("wildcard", `*.${DOMAIN}`),
      named("hook", `flux-webhook.${DOMAIN}`),
      named("other", "example.org"),
      named("open", "${OTHER_DOMAIN}"),
    ];
    const sections = (host: string, more: object = {}): readonly string[] => {
      const one = ingressWith({ host, ingressClassName: "nginx", more: { tls: [{ hosts: [host] }] } });
      const objects = files(gateway("front", listeners), redirect(), NGINX, one);
      const result = resultOf(route, objects, options({ redirectsToHttps: true, ...more }));
      return [...written(result, "apps/web.yaml").matchAll(/sectionName: (\S+)/g)].map(([, name]) => name!);
    };
    assert.deepEqual(sections(`web.${DOMAIN}`), ["wildcard", "open"]);
    assert.deepEqual(sections("draw.example.net"), ["apex", "wildcard", "open"]);
    assert.deepEqual(sections(DOMAIN), ["apex", "other", "open"]);
    const httpsListeners = ["apex", "wildcard", "other"];
    assert.deepEqual(sections(`web.${DOMAIN}`, { httpsListeners }), ["wildcard"]);
  });

  it("gets no parentRef to the listener of an entry point that does not admit it", () => {
    const same = { ...HTTP, allowedRoutes: { namespaces: { from: "Same" } } };
    const annotations = { "traefik.ingress.kubernetes.io/router.entrypoints": "web,websecure" };
    const objects = files(gateway("front", [same, HTTPS]), TRAEFIK, ingress("traefik", {}, annotations));
    const own = options({ entryPoints: { web: "http", websecure: "https" } });
    const kept = resultOf(route, objects, own);
    assert.match(messages(kept, "refused").join(), /plain HTTP for web\.example\.com/);
    const moved = resultOf(route, objects, { ...own, acceptLoss: ["setting"] });
    assert.match(written(moved, "apps/web.yaml"), SECURE);
  });

  it("with listeners on several ports serves a class only at those in the options", () => {
    const internet = { ...listener("internet", "HTTPS", 8443), hostname: "*.example.com" };
    const doors = gateway("front", [HTTP, HTTPS, internet]);
    const parents = (one: object, own: object): string => {
      const result = resultOf(route, files(doors, NGINX, one), options({ redirectsToHttps: true, ...own }));
      return (
        /parentRefs:\n([^]*?) {2}hostnames/.exec(written(result, "apps/web.yaml"))?.[1] ??
        messages(result, "refused").join()
      );
    };
    const named = { entryPoints: { web: "http", websecure: 443 }, httpsListeners: ["https"] };
    const plain = parents(ingress("nginx"), named);
    assert.match(plain, /sectionName: http\n[^]*sectionName: https\n/);
    assert.doesNotMatch(plain, /internet|port:/);
    assert.match(
      parents(ingress("nginx"), {}),
      /listeners on several ports.*route\.gateways\.nginx\.entryPoints/,
    );
    assert.match(
      parents(ingress("nginx", TLS), {}),
      /HTTPS listeners on several ports.*nginx\.httpsListeners/,
    );
    assert.doesNotMatch(parents(ingress("nginx", TLS), named), /internet|: http\n/);
    const twice = gateway("front", [HTTP, HTTPS, { ...HTTPS, name: "other", hostname: HOST }]);
    const all = resultOf(route, files(twice, NGINX, ingress("nginx")), options({ redirectsToHttps: true }));
    assert.doesNotMatch(written(all, "apps/web.yaml"), /sectionName/);

    const unseen = (own: object): readonly [string, string] => {
      const result = resultOf(route, files(NGINX, ingress("nginx")), options(own));
      const lines = messages(result, "cutover").filter((line) => line.startsWith("Gateway doors/front of "));
      return [written(result, "apps/web.yaml"), lines.join()];
    };
    const [open, line] = unseen({ elsewhere: true });
    assert.match(open, ALL);
    assert.match(line, /routes of class nginx that name no entry point attach to all its listeners/);
    const [closed, none] = unseen({ elsewhere: true, entryPoints: { web: "http", websecure: "https" } });
    assert.match(closed, /sectionName: http\n[^]*sectionName: https\n/);
    assert.equal(none, "");
  });

  it("gets several parentRefs only by name, because the API server accepts no others", () => {
    const annotations = { "traefik.ingress.kubernetes.io/router.entrypoints": "web,websecure,inner" };
    const parents = (own: object, objects: readonly object[] = [gateway("front")]): string => {
      const one = files(...objects, TRAEFIK, ingress("traefik", {}, annotations));
      const result = resultOf(route, one, options(own));
      return (
        /parentRefs:\n([^]*?) {2}hostnames/.exec(written(result, "apps/web.yaml"))?.[1] ??
        messages(result, "refused").join()
      );
    };
    const BOTH =
      /^ {4}- name: front\n {6}namespace: doors\n {6}sectionName: http\n {4}- name: front\n {6}namespace: doors\n {6}sectionName: https\n$/;
    assert.match(parents({ entryPoints: { web: 80, websecure: 443, inner: "https" } }), BOTH);
    assert.match(parents({ entryPoints: { web: "http", websecure: 443, inner: 443 } }), BOTH);
    for (const entryPoints of [
      { web: 80, websecure: 443, inner: 443 },
      { web: "http", websecure: 443, inner: 443 },
    ])
      assert.match(
        parents({ elsewhere: true, entryPoints }, []),
        /accepts that only if each has a name: set the names of the listeners on (?:port 443|ports 80, 443) instead in route\.gateways\.traefik in/,
      );
    const same = { elsewhere: true, entryPoints: { web: 80, websecure: 80, inner: 80 } };
    assert.match(parents(same, []), /^ {4}- name: front\n {6}namespace: doors\n {6}port: 80\n$/);
  });

  it("needs what its Ingress has to change as well, in the same line", () => {
    const annotations = {
      "traefik.ingress.kubernetes.io/router.entrypoints": "web,websecure",
      "nginx.ingress.kubernetes.io/server-snippet": "deny all;",
      "traefik.ingress.kubernetes.io/router.rulesyntax": "v2",
    };
    const refusal = (...objects: readonly object[]): string => {
      const entryPoints = { web: 80, websecure: 443 };
      const one = files(...objects, ingress("traefik", {}, annotations));
      return messages(resultOf(route, one, options({ elsewhere: true, entryPoints })), "refused").join();
    };
    assert.match(
      refusal(TRAEFIK),
      /server-snippet: .*; annotation .*rulesyntax: .*; Traefik, the controller of its class, does not read annotations of ingress-nginx: if nothing else does, remove them .*; its route needs several listeners/,
    );
    for (const values of [
      { providers: { kubernetesIngressNGINX: { enabled: true } } },
      { providers: { kubernetesIngressNginx: { enabled: true } } },
      { additionalArguments: ["--providers.kubernetesIngressNGINX"] },
      { env: [{ name: "TRAEFIK_PROVIDERS_KUBERNETESINGRESSNGINX", value: "true" }] },
    ])
      assert.doesNotMatch(refusal(controller("traefik", values)), /does not read/, JSON.stringify(values));
  });

  it("needs its HTTPS listeners in the options if it is created elsewhere", () => {
    const redirecting = [NGINX, ingress("nginx", TLS)];
    const unknown = resultOf(route, files(...redirecting), options({ redirectsToHttps: true }));
    assert.match(
      messages(unknown, "refused")[0] ?? "",
      /set their names or ports as route\.gateways\.nginx\.httpsListeners/,
    );
    const known = resultOf(
      route,
      files(...redirecting),
      options({ redirectsToHttps: true, httpsListeners: ["https"] }),
    );
    assert.match(written(known, "apps/web.yaml"), SECURE);
  });
});

describe("migrate route: Gateways that share a Traefik", () => {
  const named = (name: string): object => ({
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: `nginx-${name}`, namespace: "network" },
    spec: {
      chart: { spec: { chart: "ingress-nginx", sourceRef: { kind: "HelmRepository", name: "nginx" } } },
      values: { controller: { ingressClassResource: { name } } },
    },
  });
  const doors = (
    ports: readonly number[],
    classes: readonly string[],
    controllerName = TRAEFIK_CONTROLLER,
  ): object[] =>
    [...new Set(classes)]
      .map((name) => gatewayClass(name, controllerName))
      .concat(
        ["home", "world"].map((name, index) =>
          gatewayWith({ name, namespace: "doors" }, classes[index] ?? "", [
            listener("http", "HTTP", ports[index] ?? 0),
          ]),
        ),
      );
  const moves = (objects: readonly object[], provides: readonly string[] = [], world = "world"): string => {
    const gateways = {
      home: { name: "home", namespace: "doors", provides },
      [world]: { name: "world", namespace: "doors" },
    };
    const all = [named("home"), named("world"), ...objects, ingress("home")];
    const result = resultOf(route, files(...all), { route: { gateways } });
    return result.plan.changes.length > 0 ? "moves" : (messages(result, "refused")[0] ?? "");
  };

  it("would open hosts to the networks of the other Gateway, so they stay", () => {
    assert.match(
      moves(doors([80, 80], ["one", "one"])),
      /^Gateways doors\/home and doors\/world have the GatewayClass one in common, so one Traefik serves both on the same port, and the hosts of class home can be reached where those of class world are/,
    );
  });

  it("do not if they differ in port, class or controller, or if the options allow it", () => {
    assert.equal(moves(doors([80, 81], ["one", "one"])), "moves");
    assert.equal(moves(doors([80, 80], ["one", "two"])), "moves");
    assert.equal(
      moves(doors([80, 80], ["one", "one"], "gateway.envoyproxy.io/gatewayclass-controller")),
      "moves",
    );
    assert.equal(moves(doors([80, 80], ["one", "one"]), ["GatewayClass one"]), "moves");
    assert.equal(moves(doors([80, 80], ["one", "one"]), [], "elsewhere"), "moves");
  });
});

describe("migrate route: settings of the whole controller", () => {
  const withConfig = (config: object): Files => files(gateway("front"), nginx(config), ingress("nginx"));

  it("keep an Ingress if they protect it, unless the Gateway has them", () => {
    for (const [name, value] of [
      ["hsts", "true"],
      ["hsts-max-age", "31449600"],
      ["block-user-agents", "bot"],
      ["hide-headers", "Server"],
      ["whitelist-source-range", "10.0.0.0/8"],
      ["global-auth-url", "https://login.example.com"],
      ["proxy-body-size", "8m"],
      ["ssl-protocols", "TLSv1.3"],
      ["limit-req-status-code", "429"],
      ["http-snippet", "deny all;"],
      ["client-header-timeout", "10"],
      ["use-forwarded-headers", "true"],
      ["something-new", "on"],
    ] as const) {
      const kept = resultOf(route, withConfig({ [name]: value }), { acceptLoss: ["setting"], ...options() });
      assert.deepEqual(kept.plan.changes, [], name);
      assert.ok(
        messages(kept, "refused").some((message) => message.includes(name)),
        name,
      );
      const provided = resultOf(route, withConfig({ [name]: value }), options({ provides: [name] }));
      assert.equal(provided.plan.changes.length, 1, name);
    }
  });

  it("keep an Ingress if the chart makes them from values of their own", () => {
    for (const [key, setting] of [
      ["addHeaders", "add-headers"],
      ["proxySetHeaders", "proxy-set-headers"],
    ] as const) {
      const release = controller("ingress-nginx", { controller: { [key]: { "X-Frame-Options": "DENY" } } });
      const kept = resultOf(route, files(gateway("front"), release, ingress("nginx")), options());
      assert.match(messages(kept, "refused")[0] ?? "", new RegExp(`the setting ${setting} of HelmRelease`));
    }
  });

  it("keep an Ingress if the release of the controller names a HelmChart", () => {
    const chart = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "HelmChart",
      metadata: { name: "edge", namespace: "network" },
      spec: {
        chart: "ingress-nginx",
        version: "4.13.0",
        sourceRef: { kind: "HelmRepository", name: "edge" },
      },
    };
    const release = nginx({ "use-proxy-protocol": "true" }) as { spec: Record<string, unknown> };
    delete release.spec.chart;
    release.spec.chartRef = { kind: "HelmChart", name: "edge" };
    const kept = resultOf(route, files(gateway("front"), chart, release, ingress("nginx")), options());
    assert.match(messages(kept, "refused")[0] ?? "", /the setting use-proxy-protocol of HelmRelease/);
  });

  it("are to be checked by hand if the repository does not show the controller, once per class", () => {
    const line =
      /^class (\w+): nothing in this repository runs its controller, so .* is not known, .*; first make sure that Gateway doors\/front does the same$/;
    const unseen = (...objects: readonly object[]): readonly string[] =>
      messages(resultOf(route, files(gateway("front"), ...objects), options()), "cutover").flatMap(
        (message) => line.exec(message)?.[1] ?? [],
      );
    assert.deepEqual(
      unseen(
        ingress("traefik"),
        ingressWith({ name: "tea", host: "tea.example.com", ingressClassName: "traefik" }),
      ),
      ["traefik"],
    );
    assert.deepEqual(unseen(TRAEFIK, ingress("traefik")), []);
    assert.deepEqual(
      unseen(
        ingress("traefik"),
        ingressWith({ name: "tea", host: "tea.example.com", ingressClassName: "nginx" }),
      ).toSorted(),
      ["nginx", "traefik"],
    );
    assert.deepEqual(unseen(ingress("elsewhere")), []);
    const other = resultOf(
      route,
      files(gateway("front"), controller("other", {}), ingress("unknown")),
      options(),
    );
    assert.match(
      messages(other, "cutover").join("\n"),
      /^class unknown: this step does not know its controller, so what that does for every Ingress is not known/m,
    );
  });

  it("are to be checked by hand in the clusters where it does not show the controller", () => {
    const clusters = Object.fromEntries(
      ["east", "west"].flatMap((name) => [
        [`clusters/${name}/flux.yaml`, kustomization(name, `./clusters/${name}/apps`)],
        [`clusters/${name}/apps/kustomization.yaml`, { resources: ["../../../shared"] }],
      ]),
    );
    const result = resultOf(
      route,
      {
        ...clusters,
        "clusters/east/apps/kustomization.yaml": { resources: ["../../../shared", "traefik.yaml"] },
        "clusters/east/apps/traefik.yaml": TRAEFIK,
        "shared/kustomization.yaml": { resources: ["objects.yaml", "web.yaml"] },
        "shared/objects.yaml": gateway("front"),
        "shared/web.yaml": ingress("traefik"),
      },
      options(),
    );
    const lines = messages(result, "cutover").filter((message) => message.startsWith("class traefik"));
    assert.equal(lines.length, 1, messages(result, "refused").join());
    assert.match(
      lines[0] ?? "",
      /^class traefik: nothing in this repository runs its controller in clusters\/west, so/,
    );
  });

  it("keep an Ingress if they may be in a file that cannot be read", () => {
    const broken = (text: string): Files => ({
      ...files(gateway("front"), ingress("wan")),
      "doors/broken.yaml": `# ${text}\na: [\n`,
    });
    const wan = { route: { gateways: { wan: { name: "front", namespace: "doors" } } } };
    assert.match(
      messages(resultOf(route, broken("chart: ingress-nginx"), wan), "refused")[0] ?? "",
      /^doors\/broken\.yaml:\d+ cannot be read \(.*\) and may configure the controller of class wan/,
    );
    assert.equal(resultOf(route, broken("notes"), wan).plan.changes.length, 1);
  });

  it("keep an Ingress if they are somewhere else than in a HelmRelease", () => {
    const config = (namespace: string, name: string): object => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
      data: { "global-auth-url": "https://login.example.com" },
    });
    const deployment = (image: string, args: readonly string[]): object => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "controller", namespace: "ingress" },
      spec: { template: { spec: { containers: [{ name: "controller", image, args }] } } },
    });
    const k3s = (kind: string, name: string, values: object): object => ({
      apiVersion: "helm.cattle.io/v1",
      kind,
      metadata: { name, namespace: "kube-system" },
      spec: { valuesContent: JSON.stringify(values) },
    });
    const tlsOption = (name: string): object => ({
      apiVersion: "traefik.io/v1alpha1",
      kind: "TLSOption",
      metadata: { name, namespace: "doors" },
      spec: { clientAuth: { secretNames: ["ca"], clientAuthType: "RequireAndVerifyClientCert" } },
    });
    const NGINX_IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.13.0";
    const middlewares = ["--entryPoints.websecure.http.middlewares=doors-login@kubernetescrd"];
    for (const [ingressClass, kept, ...manifests] of [
      ["nginx", true, config("ingress", "ingress-nginx-controller")],
      [
        "nginx",
        true,
        config("ingress", "settings"),
        deployment(NGINX_IMAGE, ["--configmap=$(POD_NAMESPACE)/settings"]),
      ],
      [
        "nginx",
        false,
        config("apps", "settings"),
        deployment(NGINX_IMAGE, ["--configmap=$(POD_NAMESPACE)/settings"]),
      ],
      ["traefik", true, deployment("docker.io/library/traefik:v3.6.0", middlewares)],
      ["traefik", false, deployment("docker.io/library/other:v3.6.0", middlewares)],
      [
        "traefik",
        true,
        k3s("HelmChartConfig", "traefik", { ports: { websecure: { middlewares: ["doors-login@file"] } } }),
      ],
      ["traefik", true, k3s("HelmChartConfig", "traefik", { additionalArguments: middlewares })],
      ["traefik", false, k3s("HelmChartConfig", "other", { additionalArguments: middlewares })],
      [
        "nginx",
        true,
        k3s("HelmChart", "rke2-ingress-nginx", { controller: { config: { "block-cidrs": "10.0.0.0/8" } } }),
      ],
      ["traefik", true, tlsOption("default")],
      ["traefik", false, tlsOption("strict")],
    ] as const) {
      const objects = files(gateway("front"), ...manifests, ingress(ingressClass));
      const { plan } = resultOf(route, objects, options());
      assert.equal(plan.changes.length, kept ? 0 : 1, JSON.stringify(manifests));
    }
  });

  it("are all known, as ingress-nginx documents them, and none that protects is dropped", () => {
    // Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/ (the names in its table)
    const names = readFileSync(join(import.meta.dirname, "ingress-nginx-settings.txt"), "utf8")
      .trim()
      .split("\n");
    const fates = Map.groupBy(names, (name) => configFate(name, "x").fate);
    const unknown = names.filter((name) => JSON.stringify(configFate(name, "x")).includes("does not know"));
    assert.deepEqual(unknown, []);
    const dropped = [...(fates.get("lost") ?? []), ...(fates.get("no-effect") ?? [])];
    const protecting =
      /^(?:hsts|block|whitelist|denylist|global-auth|limit|.*-snippet$|.*modsecurity|ssl-(?:protocols|ciphers)|hide-headers|proxy-body-size)/;
    assert.deepEqual(
      dropped.filter((name) => protecting.test(name)),
      [],
    );
    assert.ok(names.length > 180 && fates.size === 4);
  });

  it("are a loss if they tune responses, and nothing if they concern only the controller", () => {
    const tuned = resultOf(route, withConfig({ "use-gzip": "true" }), options());
    assert.match(
      messages(tuned, "refused")[0] ?? "",
      /use-gzip \(to accept this, add --accept-loss setting\)/,
    );
    for (const config of [
      { "log-format-upstream": "a" },
      { "worker-processes": "2" },
      { hsts: "false" },
      { "proxy-body-size": "0" },
    ])
      assert.equal(resultOf(route, withConfig(config), options()).plan.changes.length, 1);
  });

  it("include what ingress-nginx does by default, as a line of the cutover list", () => {
    const lines = (config: object): string =>
      messages(resultOf(route, withConfig(config), options()), "cutover").join("\n");
    assert.match(
      lines({}),
      /Strict-Transport-Security over HTTPS \(hsts\) and accepts request bodies of up to 1 MB/,
    );
    assert.doesNotMatch(lines({ hsts: "false", "proxy-body-size": "0" }), /by default/);
  });

  describe("of Traefik's entry points, decide which requests are accepted, and so", () => {
    const ports = (websecure: object): object => ({ ports: { websecure } });
    const timeout = (readTimeout: string | number): object =>
      ports({ transport: { respondingTimeouts: { readTimeout } } });
    const characters = (allowEncodedSlash: boolean): object =>
      ports({ http: { encodedCharacters: { allowEncodedSlash } } });
    const run = (values: object, more: object = {}, annotations: object = {}): ReturnType<typeof resultOf> =>
      resultOf(
        route,
        files(gateway("front"), controller("traefik", values), ingress("traefik", {}, annotations)),
        options(more),
      );
    const LOST = /\(to accept this, add --accept-loss setting\)/;
    const WITH_ENTRY_POINT = { "traefik.ingress.kubernetes.io/router.entrypoints": "web" };

    for (const [name, values, lost] of [
      ["encoded characters that are allowed", characters(true), /allowEncodedSlash: true of HelmRelease/],
      ["a timeout that is longer", timeout("10m"), /readTimeout: 10m/],
      ["no timeout", timeout(0), /requests that take more than 60 s to send \(.*readTimeout: 0 /],
      ["paths as they are sent", ports({ http: { sanitizePath: false } }), /sanitizePath: false/],
      [
        "a timeout in a flag",
        { additionalArguments: ["--entryPoints.websecure.transport.respondingTimeouts.readTimeout=0s"] },
        /entrypoints\.websecure\.transport\.respondingtimeouts\.readtimeout: 0s/,
      ],
    ] as const)
      it(`${name} is a loss`, () => {
        const kept = run(values);
        assert.deepEqual(kept.plan.changes, []);
        assert.match(messages(kept, "refused").join(), lost);
        assert.match(messages(kept, "refused").join(), LOST);
        const name = /\((\S+): /.exec(messages(kept, "refused").join())?.[1] ?? "";
        for (const provided of [name, name.toUpperCase()])
          assert.equal(run(values, { provides: [provided] }).plan.changes.length, 1, provided);
      });

    for (const [name, values] of [
      ["encoded characters that are rejected", characters(false)],
      ["a timeout that is shorter", timeout("5s")],
    ] as const)
      it(`${name} protect the app`, () => {
        const kept = run(values);
        assert.match(messages(kept, "refused").join(), /may protect every Ingress of the class/);
        assert.doesNotMatch(messages(kept, "refused").join(), LOST);
      });

    it("the default, a setting of another entry point, and one that the Gateway's Traefik has, do not count", () => {
      assert.equal(run(timeout("60s")).plan.changes.length, 1);
      assert.equal(run(ports({ http: { sanitizePath: true } })).plan.changes.length, 1);
      const web = { entryPoints: { web: "http" } };
      assert.equal(run(timeout(0), web, WITH_ENTRY_POINT).plan.changes.length, 1);
      const inner = (values: object): object => {
        const release = controller("traefik", {
          ...values,
          providers: { kubernetesGateway: { enabled: true } },
          ingressClass: { name: "inner" },
        });
        return { ...release, metadata: { name: "traefik-inner", namespace: "network" } };
      };
      const both = (values: object): ReturnType<typeof resultOf> =>
        resultOf(
          route,
          files(
            gateway("front"),
            gatewayClass("doors", TRAEFIK_CONTROLLER),
            controller("traefik", timeout(0)),
            inner(values),
            ingress("traefik"),
          ),
          options(),
        );
      assert.equal(both(timeout(0)).plan.changes.length, 1);
      assert.match(messages(both({}), "refused").join(), /readTimeout: 0/);
    });
  });

  it("do not count where an Ingress sets its own, which is a Middleware of its route", () => {
    const own = { "nginx.ingress.kubernetes.io/proxy-body-size": "8m" };
    const run = (config: object, annotations: object): ReturnType<typeof resultOf> =>
      resultOf(
        route,
        files(
          gateway("front"),
          gatewayClass("doors", TRAEFIK_CONTROLLER),
          nginx(config),
          ingress("nginx", {}, annotations),
        ),
        { acceptLoss: ["setting"], ...options({ middlewares: true }) },
      );
    assert.match(messages(run({}, {}), "cutover").join(), /up to 1 MB/);
    assert.doesNotMatch(messages(run({}, own), "cutover").join(), /up to 1 MB/);
    assert.match(messages(run({}, own), "cutover").join(), /Strict-Transport-Security/);
    assert.match(messages(run({ "proxy-body-size": "50m" }, {}), "refused").join(), /proxy-body-size/);
    const { plan } = run({ "proxy-body-size": "50m" }, own);
    assert.match(plan.changes.map(({ text }) => text).join(), /maxRequestBodyBytes: 8388608/);
  });

  it("keep an Ingress of a Traefik whose entry points protect it", () => {
    for (const [name, values] of [
      [
        "ports.websecure.middlewares",
        { ports: { websecure: { middlewares: ["network-auth@kubernetescrd"] } } },
      ],
      ["ports.websecure.http.middlewares", { ports: { websecure: { http: { middlewares: ["a@file"] } } } }],
      ["tlsOptions.default", { tlsOptions: { default: { minVersion: "VersionTLS13" } } }],
      [
        "ports.web.forwardedHeaders",
        { ports: { web: { forwardedHeaders: { trustedIPs: ["10.0.0.0/8"] } } } },
      ],
      [
        "entrypoints.web.http.middlewares",
        { additionalArguments: ["--entryPoints.web.http.middlewares=a@file"] },
      ],
    ] as const) {
      const objects = files(gateway("front"), controller("traefik", values), ingress("traefik"));
      const kept = resultOf(route, objects, options());
      assert.ok(
        messages(kept, "refused").some((message) => message.includes(name)),
        name,
      );
      assert.equal(resultOf(route, objects, options({ provides: [name] })).plan.changes.length, 1, name);
      const both = controller("traefik", { ...values, providers: { kubernetesGateway: { enabled: true } } });
      const traefikClass = {
        apiVersion: GATEWAY_API,
        kind: "GatewayClass",
        metadata: { name: "doors" },
        spec: { controllerName: "traefik.io/gateway-controller" },
      };
      const same = resultOf(
        route,
        files(gateway("front"), traefikClass, both, ingress("traefik")),
        options(),
      );
      assert.equal(same.plan.changes.length, 1, name);
    }
  });

  it("asks to check a Gateway of which a repository without Gateways says nothing", () => {
    const asked = (entries: Files, settings: object): readonly string[] =>
      messages(resultOf(route, entries, settings), "cutover").filter((message) =>
        message.includes("`kubectl get gateway --namespace doors front`"),
      );
    const alone = files(ingress("traefik"));
    assert.equal(asked(alone, options()).length, 1);
    assert.deepEqual(asked(alone, options({ elsewhere: true })), []);
    assert.deepEqual(asked(files(gateway("front"), ingress("traefik")), options()), []);
  });
});
