import type { KubeObject } from "../../../kube/objects.ts";
import type { Credentials } from "./credentials.ts";
import type { Question } from "./client.ts";

/** Something that keeps requests away, or changes what a client may do with the answer. */
export interface Protection {
  readonly name: string;
  /** Undefined if a route cannot express it, so that its object must stay. */
  readonly moves: boolean;
  readonly objects: (host: string) => readonly KubeObject[];
  /** In this order, because some protections count. */
  readonly requests: (host: string) => readonly Question[];
  /** The status of each request. */
  readonly statuses: readonly number[];
  /** The objects without the protection. */
  readonly without?: (object: KubeObject) => KubeObject;
}

const NAMESPACE = "apps";

/** An IngressRoute with one rule. */
export function ingressRoute(name: string, match: string, more: object = {}, spec: object = {}): KubeObject {
  return {
    apiVersion: "traefik.io/v1alpha1",
    kind: "IngressRoute",
    metadata: { name, namespace: NAMESPACE, annotations: { "kubernetes.io/ingress.class": "traefik" } },
    spec: {
      routes: [{ kind: "Rule", match, services: [{ name: "one", port: 80 }], ...more }],
      ...spec,
    },
  };
}

/** An Ingress with one path. */
export function ingress(name: string, host: string, annotations: object, path: object = {}): KubeObject {
  const prefixed = Object.entries(annotations).map(([key, value]) => [
    `traefik.ingress.kubernetes.io/router.${key}`,
    String(value),
  ]);
  const backend = { service: { name: "one", port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: NAMESPACE,
      annotations: Object.fromEntries(prefixed) as Record<string, string>,
    },
    spec: {
      ingressClassName: "traefik",
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend, ...path }] } }],
    },
  };
}

/** A Middleware of Traefik. */
export function middleware(name: string, spec: object): KubeObject {
  return {
    apiVersion: "traefik.io/v1alpha1",
    kind: "Middleware",
    metadata: { name, namespace: NAMESPACE },
    spec,
  };
}

/** The user `admin` with the password `secret`. */
export const USERS: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "users", namespace: NAMESPACE },
  data: { users: btoa("admin:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n") },
};
const LOGIN = { authorization: `Basic ${btoa("admin:secret")}` };

const named = (host: string): string => host.split(".")[0] ?? host;

/** The objects without the filters of routes. */
function unfiltered(object: KubeObject): KubeObject {
  return withoutInRules(object, "filters");
}

function withoutInRules(object: KubeObject, field: "filters" | "matches"): KubeObject {
  if (object.kind !== "HTTPRoute") return object;
  const { rules, ...spec } = object.spec as { readonly rules: readonly Record<string, unknown>[] };
  const others = rules.map((rule) =>
    Object.fromEntries(Object.entries(rule).filter(([key]) => key !== field)),
  );
  return { ...object, spec: { ...spec, rules: others } };
}

/** A protection by a Middleware, on an IngressRoute. */
function guarded(
  name: string,
  spec: object,
  requests: Protection["requests"],
  statuses: readonly number[],
  others: readonly KubeObject[] = [],
): Protection {
  return {
    name,
    moves: true,
    objects: (host) => [
      middleware(`${named(host)}-guard`, spec),
      ingressRoute(named(host), `Host(\`${host}\`)`, { middlewares: [{ name: `${named(host)}-guard` }] }),
      ...others,
    ],
    requests,
    statuses,
    without: unfiltered,
  };
}

const get = (host: string, more: Partial<Question> = {}): Question => ({ host, path: "/", ...more });

/** Every protection that an Ingress or IngressRoute of Traefik may have. */
export function protections(client: Credentials, stranger: Credentials): readonly Protection[] {
  const mutualTls = (host: string): KubeObject => ({
    apiVersion: "traefik.io/v1alpha1",
    kind: "TLSOption",
    metadata: { name: `${named(host)}-mtls`, namespace: NAMESPACE },
    spec: { clientAuth: { secretNames: ["clients"], clientAuthType: "RequireAndVerifyClientCert" } },
  });
  const clients: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "clients", namespace: NAMESPACE },
    data: { "ca.crt": btoa(client.cert) },
  };
  const secure = (host: string, certificate?: Credentials): Question =>
    get(host, { scheme: "https", ...(certificate && { certificate }) });
  return [
    guarded(
      "a login",
      { basicAuth: { secret: "users" } },
      (host) => [
        get(host, { headers: LOGIN }),
        get(host),
        get(host, { headers: { authorization: "Basic eDp5" } }),
      ],
      [200, 401, 401],
      [USERS],
    ),
    {
      name: "a login on an Ingress",
      moves: true,
      objects: (host) => [
        middleware(`${named(host)}-guard`, { basicAuth: { secret: "users" } }),
        ingress(named(host), host, { middlewares: `apps-${named(host)}-guard@kubernetescrd` }),
      ],
      requests: (host) => [get(host, { headers: LOGIN }), get(host)],
      statuses: [200, 401],
      without: unfiltered,
    },
    guarded(
      "a login elsewhere",
      { forwardAuth: { address: "http://127.0.0.1:AUTH/check" } },
      (host) => [get(host, { headers: { "x-token": "let-me-in" } }), get(host)],
      [200, 401],
    ),
    guarded(
      "an allow list",
      { ipAllowList: { sourceRange: ["127.0.0.2/32"] } },
      (host) => [get(host, { from: "127.0.0.2" }), get(host)],
      [200, 403],
    ),
    {
      ...guarded(
        "an allow list in a chain",
        {},
        (host) => [get(host, { from: "127.0.0.2" }), get(host)],
        [200, 403],
      ),
      objects: (host) => [
        middleware(`${named(host)}-inner`, { ipAllowList: { sourceRange: ["127.0.0.2/32"] } }),
        middleware(`${named(host)}-guard`, { chain: { middlewares: [{ name: `${named(host)}-inner` }] } }),
        ingressRoute(named(host), `Host(\`${host}\`)`, { middlewares: [{ name: `${named(host)}-guard` }] }),
      ],
    },
    guarded(
      "a rate limit",
      { rateLimit: { average: 1, period: "1h", burst: 1 } },
      (host) => [get(host), get(host)],
      [200, 429],
    ),
    guarded(
      "a limit on bodies",
      { buffering: { maxRequestBodyBytes: 10 } },
      (host) => [get(host, { method: "POST", size: 5 }), get(host, { method: "POST", size: 50 })],
      [200, 413],
    ),
    guarded(
      "a redirect to HTTPS",
      { redirectScheme: { scheme: "https", permanent: true } },
      (host) => [get(host, { scheme: "https" }), get(host)],
      [200, 301],
    ),
    guarded(
      "response headers",
      { headers: { stsSeconds: 3600, forceSTSHeader: true, frameDeny: true, contentTypeNosniff: true } },
      (host) => [get(host), get(host, { scheme: "https" })],
      [200, 200],
    ),
    guarded(
      "CORS",
      {
        headers: {
          accessControlAllowMethods: ["GET"],
          accessControlAllowOriginList: ["https://good.example.com"],
        },
      },
      (host) =>
        ["https://good.example.com", "https://evil.example.com"].map((origin) =>
          get(host, { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } }),
        ),
      [200, 200],
    ),
    {
      name: "one entry point",
      moves: true,
      objects: (host) => [
        ingressRoute(named(host), `Host(\`${host}\`)`, {}, { entryPoints: ["websecure"], tls: {} }),
      ],
      requests: (host) => [secure(host), get(host)],
      statuses: [200, 404],
      without: (object) =>
        object.kind === "HTTPRoute"
          ? {
              ...object,
              spec: { ...(object.spec as object), parentRefs: [{ name: "external", namespace: "network" }] },
            }
          : object,
    },
    {
      name: "one entry point of an Ingress",
      moves: true,
      objects: (host) => [ingress(named(host), host, { entrypoints: "websecure", tls: "true" })],
      requests: (host) => [secure(host), get(host)],
      statuses: [200, 404],
      without: (object) =>
        object.kind === "HTTPRoute"
          ? {
              ...object,
              spec: { ...(object.spec as object), parentRefs: [{ name: "external", namespace: "network" }] },
            }
          : object,
    },
    {
      name: "a header with a key",
      moves: true,
      objects: (host) => [ingressRoute(named(host), `Host(\`${host}\`) && Header(\`X-Key\`, \`k1\`)`)],
      requests: (host) => [
        get(host, { headers: { "x-key": "k1" } }),
        get(host),
        get(host, { headers: { "x-key": "k2" } }),
      ],
      statuses: [200, 404, 404],
      without: (object) => withoutInRules(object, "matches"),
    },
    {
      name: "a path that is not served",
      moves: true,
      objects: (host) => [ingressRoute(named(host), `Host(\`${host}\`) && PathRegexp(\`^/public/[a-z]+$\`)`)],
      requests: (host) => [
        get(host, { path: "/public/a" }),
        get(host, { path: "/admin" }),
        get(host, { path: "/public/1" }),
      ],
      statuses: [200, 404, 404],
      without: (object) => withoutInRules(object, "matches"),
    },
    {
      name: "client certificates",
      moves: false,
      objects: (host) => [
        mutualTls(host),
        clients,
        ingressRoute(
          named(host),
          `Host(\`${host}\`)`,
          {},
          {
            entryPoints: ["websecure"],
            tls: { options: { name: `${named(host)}-mtls` } },
          },
        ),
      ],
      requests: (host) => [secure(host, client), secure(host), secure(host, stranger)],
      statuses: [200, 0, 0],
    },
    {
      name: "client certificates of an Ingress",
      moves: false,
      objects: (host) => [
        mutualTls(host),
        clients,
        ingress(named(host), host, {
          entrypoints: "websecure",
          tls: "true",
          "tls.options": `apps-${named(host)}-mtls@kubernetescrd`,
        }),
      ],
      requests: (host) => [secure(host, client), secure(host), secure(host, stranger)],
      statuses: [200, 0, 0],
    },
    {
      name: "client addresses in a rule",
      moves: false,
      objects: (host) => [ingressRoute(named(host), `Host(\`${host}\`) && ClientIP(\`127.0.0.2/32\`)`)],
      requests: (host) => [get(host, { from: "127.0.0.2" }), get(host)],
      statuses: [200, 404],
    },
    {
      name: "a negated rule",
      moves: false,
      objects: (host) => [ingressRoute(named(host), `Host(\`${host}\`) && !PathPrefix(\`/admin\`)`)],
      requests: (host) => [get(host), get(host, { path: "/admin" })],
      statuses: [200, 404],
    },
    {
      name: "a Middleware in another namespace",
      moves: false,
      objects: (host) => [
        {
          ...middleware("elsewhere", { ipAllowList: { sourceRange: ["127.0.0.2/32"] } }),
          metadata: { name: "elsewhere", namespace: "network" },
        },
        ingress(named(host), host, { middlewares: "network-elsewhere@kubernetescrd" }),
      ],
      requests: (host) => [get(host, { from: "127.0.0.2" }), get(host)],
      statuses: [200, 403],
    },
    {
      name: "sticky sessions",
      moves: false,
      objects: (host) => [
        ingressRoute(named(host), `Host(\`${host}\`)`, {
          services: [{ name: "one", port: 80, sticky: { cookie: { name: "pod" } } }],
        }),
      ],
      requests: (host) => [get(host)],
      statuses: [200],
    },
  ];
}
