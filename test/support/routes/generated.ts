import fc from "fast-check";
import type { KubeObject } from "../../../kube/objects.ts";
import type { Question } from "./client.ts";
import { ingress, ingressRoute, middleware } from "./protections.ts";

/** One or two objects that serve a host, and requests that show what they answer. */
export interface Generated {
  readonly objects: (host: string) => readonly KubeObject[];
  readonly requests: (host: string) => readonly Question[];
}

/** Middlewares that generated objects use. */
export const MIDDLEWARES: readonly KubeObject[] = [
  middleware("login", { basicAuth: { secret: "users" } }),
  middleware("allow", { ipAllowList: { sourceRange: ["127.0.0.2/32"] } }),
  middleware("strip", { stripPrefix: { prefixes: ["/api", "/a"] } }),
  middleware("add", { addPrefix: { prefix: "/added" } }),
  middleware("replace", { replacePathRegex: { regex: "^/api/(.*)", replacement: "/v1/$1" } }),
  middleware("set", {
    headers: { customRequestHeaders: { "X-Set": "yes" }, customResponseHeaders: { "X-Out": "1" } },
  }),
  middleware("secure", { redirectScheme: { scheme: "https" } }),
];
const NAMES = MIDDLEWARES.map(({ metadata }) => metadata.name);

const PATHS = [
  "/",
  "/api",
  "/api/v1/things",
  "/api/v1/things/",
  "/assets/app.min.js",
  "/API/V1/things",
  "/files/a%20b.txt",
];
const path = fc.constantFrom(...PATHS);
const pattern = fc.constantFrom("^/api(/.*)?$", "^/[a-z]+/v1/", "things$", "^/(?i)api/v1/things$");
const middlewares = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 });
const service = fc.constantFrom("one", "two", "three");

const pathMatcher = fc.oneof(
  { weight: 1, arbitrary: fc.constant("") },
  { weight: 3, arbitrary: path.map((value) => `Path(\`${value}\`)`) },
  { weight: 3, arbitrary: fc.constant("PathPrefix(`/`)") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("/", "/api/v1/things/").map((value) => `PathPrefix(\`${value}\`)`),
  },
  { weight: 2, arbitrary: pattern.map((value) => `PathRegexp(\`${value}\`)`) },
  {
    weight: 1,
    arbitrary: fc.tuple(path, path).map((pair) => `(${pair.map((one) => `Path(\`${one}\`)`).join(" || ")})`),
  },
);
const condition = fc.constantFrom(
  "Method(`POST`)",
  "Header(`X-Kind`, `a`)",
  "HeaderRegexp(`X-Kind`, `^[ab]$`)",
  "Query(`v`, `1`)",
  "QueryRegexp(`v`, `^[0-9]+$`)",
);
const conditions = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.uniqueArray(condition, { minLength: 1, maxLength: 2 }) },
);
const rule = fc.record({
  pathMatcher,
  conditions,
  middlewares,
  service,
  priority: fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, fc.integer({ min: 1, max: 60 })),
});

const entryPoints = fc.constantFrom([], [], ["web"], ["websecure"], ["web", "websecure"]);

/** An IngressRoute with one to three rules. */
const anIngressRoute = fc
  .record({ rules: fc.array(rule, { minLength: 1, maxLength: 3 }), entryPoints })
  .map(({ rules, entryPoints: points }) => (name: string, host: string): KubeObject => {
    const routes = rules.map((one) => ({
      kind: "Rule",
      match: [`Host(\`${host}\`)`, one.pathMatcher, ...one.conditions].filter(Boolean).join(" && "),
      services: [{ name: one.service, port: 80 }],
      ...(one.middlewares.length > 0 && { middlewares: one.middlewares.map((own) => ({ name: own })) }),
      ...(one.priority !== null && { priority: one.priority }),
    }));
    return ingressRoute(name, "", {}, { routes, ...(points.length > 0 && { entryPoints: points }) });
  });

/** An Ingress with one to three paths. */
const anIngress = fc
  .record({
    paths: fc.array(
      fc.record({
        path,
        pathType: fc.constantFrom("Exact", "Exact", "Exact", "Exact", "Prefix", "ImplementationSpecific"),
        service,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    pathMatcher: fc.option(fc.constantFrom("Path", "PathPrefix")),
    middlewares,
    entryPoints,
  })
  .map(
    ({ paths, middlewares: own, entryPoints: points, pathMatcher: matcher }) =>
      (name: string, host: string): KubeObject => {
        const annotations = {
          ...(own.length > 0 && { middlewares: own.map((one) => `apps-${one}@kubernetescrd`).join(",") }),
          ...(points.length > 0 && { entrypoints: points.join(",") }),
          ...(matcher !== null && { pathmatcher: matcher }),
        };
        const object = ingress(name, host, annotations);
        const http = {
          paths: paths.map((one) => ({
            path: one.path,
            pathType: one.pathType,
            backend: { service: { name: one.service, port: { number: 80 } } },
          })),
        };
        return { ...object, spec: { ingressClassName: "traefik", rules: [{ host, http }] } };
      },
  );

const asked = [
  "/",
  "/api",
  "/apix",
  "/api/v1/things",
  "/api/v1/things/",
  "/api/v1/thingsx",
  "/api/v1/things/1",
  "/assets/app.min.js",
  "/API/V1/things",
  "/files/a%20b.txt",
];
const question = fc.record({
  path: fc
    .tuple(fc.constantFrom(...asked), fc.constantFrom("", "", "", "?v=1", "?v=x"))
    .map((pair) => pair.join("")),
  method: fc.constantFrom("GET", "GET", "POST"),
  scheme: fc.constantFrom("http" as const, "https" as const),
  headers: fc.constantFrom(
    {},
    {},
    { "x-kind": "a" },
    { "x-kind": "b" },
    { authorization: `Basic ${btoa("admin:secret")}` },
  ),
  from: fc.constantFrom("127.0.0.1", "127.0.0.2"),
});

const anObject = fc.oneof(anIngressRoute, anIngressRoute, anIngress);

const generated = fc
  .record({
    objects: fc.oneof({ weight: 3, arbitrary: fc.tuple(anObject) }, fc.tuple(anObject, anObject)),
    questions: fc.array(question, { minLength: 8, maxLength: 8 }),
  })
  .map(({ objects, questions }): Generated => ({
    objects: (host) => objects.map((object, index) => object(`${host.split(".")[0]}-${index}`, host)),
    requests: (host) => [
      // Every path plainly, then combinations.
      ...asked.map((one) => ({ host, path: one, scheme: "https" as const, from: "127.0.0.2" })),
      ...questions.map((one) => ({ host, ...one })),
    ],
  }));

/** Whether Traefik's order of an object's rules is defined: it is arbitrary for two rules of one length. */
function isOrdered({ objects }: Generated): boolean {
  const ranks = objects("g.example.com").flatMap(ranksOf);
  return new Set(ranks).size === ranks.length;
}

interface Rules {
  readonly routes?: readonly { readonly match: string; readonly priority?: number }[];
  readonly rules?: readonly {
    readonly http: { readonly paths: readonly { readonly path: string; readonly pathType: string }[] };
  }[];
}

function ranksOf(object: KubeObject): readonly number[] {
  const { routes = [], rules = [] } = object.spec as Rules;
  const matcher = object.metadata.annotations?.["traefik.ingress.kubernetes.io/router.pathmatcher"];
  const matchers: Readonly<Record<string, string>> = { Exact: "Path", Prefix: "PathPrefix" };
  return [
    ...routes.map(({ match, priority }) => priority ?? match.length),
    ...rules.flatMap(({ http }) =>
      http.paths.map(
        ({ path: value, pathType }) =>
          `Host("g.example.com") && ${matchers[pathType] ?? matcher ?? "PathPrefix"}("${value}")`.length,
      ),
    ),
  ];
}

/** The same hosts on every run. */
export function generatedHosts(count: number): readonly Generated[] {
  return fc.sample(generated.filter(isOrdered), { numRuns: count, seed: 20_261_129 });
}
