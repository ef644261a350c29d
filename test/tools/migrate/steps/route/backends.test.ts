import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { prove } from "../../../../../tools/migrate/proof.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease,
  messages,
  resultOf,
  withRepository,
  written,
  type Files,
} from "../../planning.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

interface Path {
  readonly path?: string;
  readonly name?: string;
  readonly port?: number;
}

const ingress = (
  annotations: Readonly<Record<string, string>>,
  paths: readonly Path[] = [{}],
  ingressClassName = "nginx",
): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: {
    name: "web",
    namespace: "apps",
    annotations: Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [`${NGINX}${key}`, value]),
    ),
  },
  spec: {
    ingressClassName,
    rules: [
      {
        host: "web.example.com",
        http: {
          paths: paths.map(({ path = "/", name = "app", port = 8443 }) => ({
            path,
            pathType: "Prefix",
            backend: { service: { name, port: { number: port } } },
          })),
        },
      },
    ],
  },
});
const service = (port: object): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "app", namespace: "apps" },
  spec: { ports: [{ port: 8443, ...port }] },
});
const nginx = (config: object): object =>
  helmRelease("ingress-nginx", "network", "ingress-nginx", { controller: { config } });
const gateway = (more: object = {}): object => ({
  acceptLoss: ["setting"],
  route: {
    gateways: Object.fromEntries(
      ["nginx", "traefik"].map((name) => [
        name,
        { name: "front", namespace: "doors", middlewares: true, ...more },
      ]),
    ),
  },
});
const files = (one: object, ...others: readonly object[]): Files => ({
  "web.yaml": one,
  "others.yaml": [...others, { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } }],
});

/** The objects in the file of the Ingress after the step, by kind. */
function objectsAfter(one: object, ...others: readonly object[]): Readonly<Record<string, unknown>> {
  const result = resultOf(route, files(one, ...others), gateway());
  assert.equal(result.proof.status, "holds");
  const objects = parseAllDocuments(written(result, "web.yaml")).map(
    (document) => document.toJS() as { readonly kind: string; readonly spec: unknown },
  );
  return Object.fromEntries(objects.map(({ kind, spec }) => [kind, spec]));
}

const refusalOf = (one: object, more: object = {}, ...others: readonly object[]): string =>
  messages(resultOf(route, files(one, ...others), gateway(more)), "refused").join("\n");

/** Annotations, the Service in the TraefikService that replaces them, and its ServersTransport. */
const TRANSLATED: readonly (readonly [Readonly<Record<string, string>>, string, object, object?])[] = [
  [
    { "backend-protocol": "HTTPS" },
    "web-https",
    { scheme: "https", serversTransport: "web-https" },
    { insecureSkipVerify: true, disableHTTP2: true },
  ],
  [
    { "backend-protocol": "grpcs", "proxy-ssl-verify": "off" },
    "web-grpcs",
    { scheme: "https", serversTransport: "web-grpcs" },
    { insecureSkipVerify: true },
  ],
  [{ "backend-protocol": "GRPC" }, "web-grpc", { scheme: "h2c" }],
  [
    { affinity: "cookie" },
    "web-sticky",
    { scheme: "http", sticky: { cookie: { name: "INGRESSCOOKIE", httpOnly: true, path: "/" } } },
  ],
  [
    {
      affinity: "cookie",
      "affinity-mode": "persistent",
      "session-cookie-name": "route",
      "session-cookie-path": "/app",
      "session-cookie-expires": "60",
      "session-cookie-max-age": "600",
      "session-cookie-samesite": "Lax",
      "session-cookie-secure": "true",
      "session-cookie-domain": "example.com",
      "backend-protocol": "HTTPS",
    },
    "web-sticky-https",
    {
      scheme: "https",
      sticky: {
        cookie: {
          name: "route",
          httpOnly: true,
          path: "/app",
          secure: true,
          domain: "example.com",
          sameSite: "lax",
          maxAge: 600,
        },
      },
      serversTransport: "web-sticky-https",
    },
    { insecureSkipVerify: true, disableHTTP2: true },
  ],
];

/** Annotations that a TraefikService would not replace in full. */
const NOT_TRANSLATED: readonly Readonly<Record<string, string>>[] = [
  { "backend-protocol": "FCGI" },
  { "backend-protocol": "AUTO_HTTP" },
  { "backend-protocol": "HTTPS", "proxy-ssl-verify": "on" },
  { "backend-protocol": "HTTPS", "proxy-ssl-secret": "apps/client" },
  { "backend-protocol": "HTTPS", "proxy-ssl-name": "app.internal" },
  { "backend-protocol": "HTTPS", "configuration-snippet": "deny all;" },
  { affinity: "cookie", "affinity-canary-behavior": "legacy" },
  { affinity: "cookie", "session-cookie-change-on-failure": "true" },
  { affinity: "cookie", "session-cookie-conditional-samesite-none": "true" },
  { affinity: "cookie", "session-cookie-path": "/${APP}" },
  { affinity: "cookie", "session-cookie-max-age": "0" },
  { affinity: "cookie", "session-cookie-something": "new" },
  { affinity: "ip" },
  { "session-cookie-name": "route" },
  { "upstream-hash-by": "$remote_addr" },
];

describe("migrate route: how Traefik reaches the app of an Ingress for ingress-nginx", () => {
  for (const [annotations, name, fields, transport] of TRANSLATED)
    it(`a TraefikService replaces ${Object.keys(annotations).join(", ")}`, () => {
      const after = objectsAfter(ingress(annotations));
      assert.deepEqual(after.TraefikService, {
        weighted: { services: [{ name: "app", port: 8443, ...fields }] },
      });
      assert.deepEqual(after.ServersTransport, transport);
      const { rules } = after.HTTPRoute as { readonly rules: readonly object[] };
      assert.deepEqual(rules, [{ backendRefs: [{ group: "traefik.io", kind: "TraefikService", name }] }]);
      assert.equal(after.Ingress, undefined);
    });

  for (const annotations of NOT_TRANSLATED)
    it(`an Ingress stays with ${JSON.stringify(annotations)}`, () => {
      const reason = refusalOf(ingress(annotations));
      for (const name of Object.keys(annotations).slice(-1)) assert.match(reason, new RegExp(NGINX + name));
    });

  it("needs a Traefik that reads TraefikServices, and ingress-nginx as the class", () => {
    const sticky = { affinity: "cookie" };
    assert.match(
      refusalOf(ingress(sticky), { middlewares: false }),
      /affinity would become Middlewares or TraefikServices of Traefik/,
    );
    assert.match(refusalOf(ingress(sticky, [{}], "traefik")), /does not belong to ingress-nginx/);
  });

  it("an Ingress with several Services stays: each would need its own", () => {
    const paths = [{ path: "/" }, { path: "/api", name: "api" }];
    assert.match(
      refusalOf(ingress({ "backend-protocol": "HTTPS" }, paths)),
      /would need a TraefikService for each of app:8443, api:8443/,
    );
    const same = [{ path: "/" }, { path: "/api" }];
    assert.ok("TraefikService" in objectsAfter(ingress({ affinity: "cookie" }, same)));
  });

  it("an existing TraefikService with another content keeps the Ingress", () => {
    const other = (spec: object): object => ({
      apiVersion: "traefik.io/v1alpha1",
      kind: "TraefikService",
      metadata: { name: "web-grpc", namespace: "apps" },
      spec,
    });
    const one = ingress({ "backend-protocol": "GRPC" });
    assert.match(refusalOf(one, {}, other({})), /TraefikService web-grpc already exists/);
    const same = other({ weighted: { services: [{ name: "app", port: 8443, scheme: "h2c" }] } });
    assert.equal("TraefikService" in objectsAfter(one, same), false);
  });

  it("is not proven with another TraefikService or ServersTransport", () => {
    const one = files(ingress({ "backend-protocol": "HTTPS" }));
    withRepository(one, gateway(), (context) => {
      const { changes } = route.plan(context);
      for (const [from, to] of [
        ["port: 8443", "port: 8444"],
        ["disableHTTP2: true", "disableHTTP2: false"],
        ["name: web-https\n", "name: other\n"],
      ] as const) {
        const spoiled = changes.map(({ path, text }) => ({ path, text: text?.replace(from, to) }));
        assert.notDeepEqual(spoiled, changes);
        assert.equal(prove(route, context, { changes: spoiled, notes: [] }).proof.status, "fails", from);
      }
    });
  });

  it("an Ingress stays if a route would reach its app with another protocol", () => {
    for (const [one, port, reason] of [
      [
        ingress({}, [{ port: 443 }]),
        { port: 443 },
        /port 443 of Service apps\/app over https, and the Ingress over http/,
      ],
      [
        ingress({}),
        { name: "https-web" },
        /over https, and the Ingress over http: set its appProtocol to http/,
      ],
      [ingress({}), { appProtocol: "kubernetes.io/h2c" }, /over h2c, and the Ingress over http/],
      [ingress({}), { appProtocol: "grpc" }, /does not know the appProtocol grpc of port 8443/],
      [
        ingress({}, [{}], "traefik"),
        { appProtocol: "https" },
        /over https, and the Ingress over http: set its appProtocol to http/,
      ],
      [
        ingress({}, [{}], "traefik"),
        { name: "https", appProtocol: "http" },
        /over http, and the Ingress over https/,
      ],
    ] as const)
      assert.match(refusalOf(one, {}, service(port)), reason);
    for (const [one, port] of [
      [ingress({}, [{}], "traefik"), { name: "https" }],
      [ingress({}, [{ port: 443 }], "traefik"), { port: 443 }],
      [ingress({}), { name: "https", appProtocol: "http" }],
      [ingress({}), { appProtocol: "kubernetes.io/ws" }],
    ] as const)
      assert.ok("HTTPRoute" in objectsAfter(one, service(port)));
  });
});

describe("migrate route: an Ingress with fields that it does not have", () => {
  it("stays, because they may be meant as a protection", () => {
    const misplaced = { annotations: { [`${NGINX}whitelist-source-range`]: "10.0.0.0/8" } };
    const one = ingress({}) as { readonly spec: object };
    assert.match(
      refusalOf({ ...one, spec: { ...one.spec, ...misplaced } }),
      /spec\.annotations \(\S+:\d+\) is not a field of Ingress/,
    );
    const { rules } = one.spec as { readonly rules: readonly object[] };
    for (const [from, field] of [
      [rules.map((rule) => ({ ...rule, ...misplaced })), /spec\.rules\[0\]\.annotations/],
      [
        JSON.parse(JSON.stringify(rules).replace('"path":', '"allow":"10.0.0.0/8","path":')) as object[],
        /spec\.rules\[0\]\.http\.paths\[0\]\.allow/,
      ],
    ] as const)
      assert.match(refusalOf({ ...one, spec: { ...one.spec, rules: from } }), field);
  });
});

describe("migrate route: an Ingress with the login of another one at its host", () => {
  const guarded = (login: string): object => {
    const one = ingress({ "auth-signin": login }) as { readonly metadata: object };
    return { ...one, metadata: { ...one.metadata, name: "guarded" } };
  };
  const login = ingress({}, [{ path: "/oauth2", name: "oauth2-proxy", port: 4180 }]);

  it("stays as long as the other one does", () => {
    for (const signin of ["https://$host/oauth2/start?rd=$uri", "https://web.example.com/oauth2/start"])
      assert.match(
        refusalOf(login, {}, guarded(signin)),
        /host web\.example\.com stays whole: Ingress apps\/guarded .* its annotation \S+auth-signin names the host/,
      );
    assert.doesNotMatch(refusalOf(login, {}, guarded("https://login.example.org")), /names the host/);
  });
});

describe("migrate route: an Ingress without the login of its class", () => {
  const exempt = ingress({ "enable-global-auth": "false" });
  const login = nginx({
    "global-auth-url": "https://login.example.com",
    hsts: "false",
    "proxy-body-size": "0",
  });

  it("moves, although the class requires one", () => {
    assert.ok("HTTPRoute" in objectsAfter(exempt, login));
    assert.match(refusalOf(ingress({}), {}, login), /global-auth-url/);
    assert.match(refusalOf(ingress({ "enable-global-auth": "true" }), {}, login), /global-auth-url/);
  });

  it("stays if the Gateway requires one", () => {
    assert.match(
      refusalOf(exempt, { provides: ["global-auth-url"] }, login),
      /Gateway requires a login, which nginx\.ingress\.kubernetes\.io\/enable-global-auth turns off/,
    );
  });
});

describe("migrate route: a Gateway of another controller", () => {
  const envoy = [
    gatewayClass("envoy", "gateway.envoyproxy.io/gatewayclass-controller"),
    gatewayWith({ name: "front", namespace: "doors" }, "envoy"),
  ];

  it("gets no objects of Traefik, whatever the options say, and no advice to write them", () => {
    for (const annotations of [
      { "whitelist-source-range": "10.0.0.0/8" },
      { "backend-protocol": "HTTPS" },
      { affinity: "cookie" },
    ])
      for (const middlewares of [true, false])
        assert.match(
          refusalOf(ingress(annotations), { middlewares }, ...envoy),
          /and Gateway doors\/front is not Traefik's: write a route with a policy of its own controller/,
        );
    const refusals = [
      { "auth-tls-secret": "apps/ca" },
      { "limit-rps": "5", "limit-whitelist": "10.0.0.0/8" },
    ];
    for (const annotations of refusals)
      assert.match(
        refusalOf(ingress(annotations), {}, ...envoy),
        /write a route with a policy that does the same/,
      );
  });

  it("does not take TLS from the number or name of a port", () => {
    const after = resultOf(route, files(ingress({}, [{ port: 443 }]), ...envoy), gateway());
    assert.equal(after.plan.changes.length, 1);
  });
});
