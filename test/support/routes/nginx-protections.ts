import type { KubeObject } from "../../../kube/objects.ts";
import type { Answer, Question } from "./client.ts";
import { USERS } from "./protections.ts";

const DOCUMENTATION =
  "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/";
const PREFIX = "nginx.ingress.kubernetes.io/";

/** A request to a host, and what ingress-nginx answers according to its documentation. */
export interface Row {
  readonly ask: Partial<Question>;
  /** Sent this often at the same time; `expected` must hold for at least one answer, and for all of them if it is sent once. */
  readonly times?: number;
  readonly expected: string;
  readonly holds: (answer: Answer) => boolean;
}

/** Settings of ingress-nginx with an equivalent in a route, and a section of {@link DOCUMENTATION}. */
export interface NginxSetting {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly path?: string;
  /** The app; `one` by default. */
  readonly service?: string;
  readonly rows: readonly Row[];
  /** What rows cannot ask, because a request depends on an answer: the reasons why it does not hold. */
  readonly sequence?: (ask: (question: Partial<Question>) => Promise<Answer>) => Promise<readonly string[]>;
  readonly source: string;
  readonly others?: readonly KubeObject[];
}

const status =
  (...wanted: readonly number[]) =>
  (answer: Answer): boolean =>
    wanted.includes(answer.status);

const passes: Omit<Row, "ask"> = { expected: "the app answers", holds: status(200) };
const PASSWORD = { authorization: `Basic ${btoa("admin:secret")}` };
// Traefik refuses with 429, and ingress-nginx with 503: the step reports that as a loss.
const LIMITED = { expected: "refused, as over the limit", holds: status(429) };

/** What a browser asks before a request that needs CORS. */
const preflight = (origin: string): Partial<Question> => ({
  method: "OPTIONS",
  headers: { origin, "access-control-request-method": "PUT" },
});
/** A browser passes no response on without the name of its origin. */
const forbidsOrigin = ({ headers }: Answer): boolean => headers["access-control-allow-origin"] === undefined;

/** Every translated setting, each with a request that it answers differently from a route without it. */
export const NGINX_SETTINGS: readonly NginxSetting[] = [
  {
    name: "whitelist-source-range without the client",
    annotations: { "whitelist-source-range": "192.0.2.0/24" },
    rows: [{ ask: {}, expected: "403", holds: status(403) }],
    source: `${DOCUMENTATION}#whitelist-source-range`,
  },
  {
    name: "whitelist-source-range with the client",
    annotations: { "whitelist-source-range": "192.0.2.0/24,127.0.0.1/32" },
    rows: [
      { ask: {}, ...passes },
      { ask: { from: "127.0.0.2" }, expected: "403", holds: status(403) },
    ],
    source: `${DOCUMENTATION}#whitelist-source-range`,
  },
  {
    name: "auth-type basic",
    annotations: { "auth-type": "basic", "auth-secret": "users", "auth-realm": "Apps" },
    rows: [
      {
        ask: {},
        expected: "401 with the realm",
        holds: ({ status: code, headers }) =>
          code === 401 && headers["www-authenticate"] === 'Basic realm="Apps"',
      },
      {
        ask: { headers: { authorization: `Basic ${btoa("admin:wrong")}` } },
        expected: "401",
        holds: status(401),
      },
      { ask: { headers: PASSWORD }, ...passes },
    ],
    source: `${DOCUMENTATION}#authentication`,
    others: [{ ...USERS, data: { auth: (USERS.data as { users: string }).users } }],
  },
  {
    name: "proxy-body-size",
    annotations: { "proxy-body-size": "1k" },
    rows: [
      { ask: { method: "POST", size: 1025 }, expected: "413", holds: status(413) },
      { ask: { method: "POST", size: 1024 }, ...passes },
    ],
    source: `${DOCUMENTATION}#custom-max-body-size`,
  },
  {
    name: "limit-rps",
    annotations: { "limit-rps": "1", "limit-burst-multiplier": "3" },
    rows: [
      { ask: {}, ...passes },
      { ask: {}, times: 12, ...LIMITED },
    ],
    source: `${DOCUMENTATION}#rate-limiting`,
  },
  {
    name: "limit-connections",
    annotations: { "limit-connections": "1" },
    rows: [
      { ask: {}, ...passes },
      { ask: {}, times: 40, ...LIMITED },
    ],
    source: `${DOCUMENTATION}#rate-limiting`,
  },
  {
    name: "enable-cors",
    annotations: { "enable-cors": "true" },
    rows: [
      {
        ask: { headers: { origin: "https://a.example.org" } },
        expected: "any origin, which excludes credentials",
        holds: ({ status: code, headers }) => code === 200 && headers["access-control-allow-origin"] === "*",
      },
      {
        ask: preflight("https://a.example.org"),
        expected: "a preflight answer without the app",
        holds: ({ seen, headers }) =>
          seen === undefined &&
          headers["access-control-allow-origin"] === "*" &&
          headers["access-control-max-age"] === "1728000" &&
          headers["access-control-allow-methods"] === "GET,PUT,POST,DELETE,PATCH,OPTIONS",
      },
    ],
    source: `${DOCUMENTATION}#enable-cors`,
  },
  {
    name: "enable-cors for some origins",
    annotations: {
      "enable-cors": "true",
      "cors-allow-origin": "https://a.example.org, https://*.example.net",
      "cors-allow-headers": "X-Token",
      "cors-expose-headers": "X-Total",
    },
    rows: [
      ...["https://a.example.org", "https://b.example.net"].flatMap((origin): readonly Row[] => [
        {
          ask: { headers: { origin } },
          expected: "the origin, with credentials",
          holds: ({ headers }) =>
            headers["access-control-allow-origin"] === origin &&
            headers["access-control-allow-credentials"] === "true" &&
            headers["access-control-expose-headers"] === "X-Total",
        },
        {
          ask: preflight(origin),
          expected: "the origin and the headers",
          holds: ({ headers }) =>
            headers["access-control-allow-origin"] === origin &&
            headers["access-control-allow-headers"] === "X-Token",
        },
      ]),
      ...[
        "https://evil.example.com",
        "http://a.example.org",
        "https://a.example.org.evil.com",
        "https://a.b.example.net",
        "https://evilexample.net",
        "null",
      ].flatMap((origin): readonly Row[] => [
        // The app allows every origin there.
        { ask: { path: "/own-cors", headers: { origin } }, expected: "no origin", holds: forbidsOrigin },
        { ask: preflight(origin), expected: "no origin", holds: forbidsOrigin },
      ]),
    ],
    source: `${DOCUMENTATION}#enable-cors`,
  },
  {
    name: "enable-cors without credentials",
    annotations: {
      "enable-cors": "true",
      "cors-allow-origin": "https://a.example.org",
      "cors-allow-credentials": "false",
    },
    rows: [
      {
        ask: { headers: { origin: "https://a.example.org" } },
        expected: "the origin, without credentials",
        holds: ({ headers }) =>
          headers["access-control-allow-origin"] === "https://a.example.org" &&
          headers["access-control-allow-credentials"] === undefined,
      },
      { ask: preflight("https://b.example.org"), expected: "no origin", holds: forbidsOrigin },
    ],
    source: `${DOCUMENTATION}#enable-cors`,
  },
  {
    name: "enable-cors with a login: a preflight request needs none",
    annotations: { "enable-cors": "true", "auth-type": "basic", "auth-secret": "users" },
    rows: [
      { ask: preflight("https://a.example.org"), expected: "no login", holds: status(200, 204) },
      { ask: { headers: { origin: "https://a.example.org" } }, expected: "401", holds: status(401) },
      {
        ask: { method: "OPTIONS", headers: { origin: "https://a.example.org" } },
        expected: "not the app",
        holds: ({ seen }) => seen === undefined,
      },
    ],
    source: `${DOCUMENTATION}#enable-cors`,
  },
  {
    name: "denylist-source-range",
    annotations: { "denylist-source-range": "127.0.0.2,192.0.2.0/24" },
    rows: [
      { ask: {}, ...passes },
      { ask: { from: "127.0.0.2" }, expected: "403", holds: status(403) },
      { ask: { from: "127.0.0.3" }, ...passes },
    ],
    source: `${DOCUMENTATION}#denylist-source-range`,
  },
  {
    name: "denylist-source-range next to whitelist-source-range",
    annotations: { "denylist-source-range": "127.0.0.2", "whitelist-source-range": "127.0.0.0/30" },
    rows: [
      { ask: {}, ...passes },
      { ask: { from: "127.0.0.2" }, expected: "403", holds: status(403) },
      { ask: { from: "127.0.0.9" }, expected: "403", holds: status(403) },
    ],
    source: `${DOCUMENTATION}#denylist-source-range`,
  },
  {
    name: "app-root",
    annotations: { "app-root": "/app" },
    rows: [
      {
        ask: { path: "/?a=b" },
        expected: "302 to the root, without the query",
        holds: ({ status: code, headers }) =>
          code === 302 && /^http:\/\/[^/]+\/app$/.test(headers.location ?? ""),
      },
      { ask: { path: "/app" }, ...passes },
      { ask: { path: "/other" }, ...passes },
    ],
    source: `${DOCUMENTATION}#rewrite`,
  },
  {
    name: "upstream-vhost",
    annotations: { "upstream-vhost": "inner.example.com" },
    rows: [
      {
        ask: {},
        expected: "the app sees the other host",
        holds: ({ seen }) => seen?.host === "inner.example.com",
      },
    ],
    source: `${DOCUMENTATION}#custom-nginx-upstream-vhost`,
  },
  {
    name: "permanent-redirect",
    annotations: { "permanent-redirect": "https://new.example.com/start" },
    rows: [
      {
        ask: { path: "/old" },
        expected: "301 to the URL",
        holds: ({ status: code, headers }) =>
          code === 301 && headers.location === "https://new.example.com/start",
      },
      { ask: { method: "POST" }, expected: "301", holds: status(301) },
    ],
    source: `${DOCUMENTATION}#permanent-redirect`,
  },
  {
    name: "temporal-redirect",
    annotations: { "temporal-redirect": "https://new.example.com/" },
    rows: [
      {
        ask: {},
        expected: "302 to the URL",
        holds: ({ status: code, headers }) => code === 302 && headers.location === "https://new.example.com/",
      },
    ],
    source: `${DOCUMENTATION}#temporal-redirect`,
  },
  {
    name: "rewrite-target that removes a prefix",
    annotations: { "rewrite-target": "/$2", "use-regex": "true" },
    path: "/something(/|$)(.*)",
    rows: [
      { ask: { path: "/something" }, expected: "/", holds: ({ seen }) => seen?.path === "/" },
      { ask: { path: "/something/" }, expected: "/", holds: ({ seen }) => seen?.path === "/" },
      {
        ask: { path: "/something/new?a=b" },
        expected: "/new",
        holds: ({ seen }) => seen?.path === "/new?a=b",
      },
      { ask: { path: "/somethingelse" }, expected: "404", holds: status(404) },
    ],
    source: "https://kubernetes.github.io/ingress-nginx/examples/rewrite/",
  },
  {
    name: "rewrite-target below a directory",
    annotations: { "rewrite-target": "/$1" },
    path: "/code/(.*)",
    rows: [
      { ask: { path: "/code/" }, expected: "/", holds: ({ seen }) => seen?.path === "/" },
      { ask: { path: "/code/a/b" }, expected: "/a/b", holds: ({ seen }) => seen?.path === "/a/b" },
      { ask: { path: "/coder" }, expected: "404", holds: status(404) },
    ],
    source: "https://kubernetes.github.io/ingress-nginx/examples/rewrite/",
  },
  {
    name: "backend-protocol HTTPS, whatever certificate the app has",
    annotations: { "backend-protocol": "HTTPS", "proxy-ssl-verify": "off" },
    service: "tls",
    rows: [{ ask: {}, expected: "the app answers", holds: ({ seen }) => seen?.backend === "tls" }],
    source: `${DOCUMENTATION}#backend-protocol`,
  },
  {
    name: "backend-protocol GRPC",
    annotations: { "backend-protocol": "GRPC" },
    service: "grpc",
    rows: [{ ask: {}, expected: "the app answers", holds: ({ seen }) => seen?.backend === "grpc" }],
    source: `${DOCUMENTATION}#backend-protocol`,
  },
  {
    name: "backend-protocol HTTPS next to a login",
    annotations: { "backend-protocol": "HTTPS", "auth-type": "basic", "auth-secret": "users" },
    service: "tls",
    rows: [
      { ask: {}, expected: "401", holds: status(401) },
      { ask: { headers: PASSWORD }, ...passes },
    ],
    source: `${DOCUMENTATION}#backend-protocol`,
  },
  {
    name: "affinity cookie",
    annotations: { affinity: "cookie", "session-cookie-name": "route", "session-cookie-max-age": "600" },
    service: "pods",
    rows: [
      {
        ask: {},
        expected: "a cookie for the path, out of reach for scripts",
        holds: ({ headers }) =>
          /^route=[^;]+; Path=\/; Max-Age=600; HttpOnly$/.test(headers["set-cookie"] ?? ""),
      },
    ],
    sequence: keepsPod,
    source: "https://kubernetes.github.io/ingress-nginx/examples/affinity/cookie/",
  },
];

/** Each client gets the same pod again, and not all clients get the same one. */
async function keepsPod(ask: (question: Partial<Question>) => Promise<Answer>): Promise<readonly string[]> {
  const [reasons, pods] = [[] as string[], new Set<string>()];
  for (let client = 0; client < 6; client++) {
    const first = await ask({});
    const cookie = (first.headers["set-cookie"] ?? "").split(";")[0] ?? "";
    const again = await Promise.all(Array.from({ length: 6 }, () => ask({ headers: { cookie } })));
    const all = new Set([first, ...again].map(({ seen }) => seen?.backend ?? ""));
    if (all.size !== 1) reasons.push(`a client got ${[...all].join(" and ")}`);
    for (const pod of all) pods.add(pod);
  }
  return pods.size === 2 ? reasons : [...reasons, "all clients got the same pod"];
}

/** The Ingress of a setting. */
export function nginxIngress(name: string, host: string, setting: NginxSetting): KubeObject {
  const annotations = Object.entries(setting.annotations).map(
    ([key, value]) => [PREFIX + key, value] as const,
  );
  const path = {
    path: setting.path ?? "/",
    pathType: setting.path === undefined ? "Prefix" : "ImplementationSpecific",
    backend: { service: { name: setting.service ?? "one", port: { number: 80 } } },
  };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "apps", annotations: Object.fromEntries(annotations) },
    spec: { ingressClassName: "nginx", rules: [{ host, http: { paths: [path] } }] },
  };
}
