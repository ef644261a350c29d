import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse, parseAllDocuments, stringify } from "yaml";
import { temporaryDirectory } from "../../../../support/temporary.ts";
import { ingressWith } from "../../planning.ts";
import { fileText } from "../../../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../../tools/migrate/build.ts";
import { LOSS_KINDS } from "../../../../../tools/migrate/loss-kinds.ts";
import { readOptions } from "../../../../../tools/migrate/options.ts";
import { reportOf, type StepReport } from "../../../../../tools/migrate/report.ts";
import { runStep } from "../../../../../tools/migrate/run.ts";
import { translationsOf } from "../../../../../tools/migrate/steps/route/controllers/nginx-translations.ts";
import { controllerFate } from "../../../../../tools/migrate/steps/route/controllers/registry.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const TRAEFIK = "traefik.ingress.kubernetes.io/";

/** Settings that block or limit requests, or tie a client to a pod. */
const PROTECTIONS: readonly (readonly [string, string])[] = [
  [`${NGINX}auth-type`, "basic"],
  [`${NGINX}auth-secret`, "users"],
  [`${NGINX}auth-url`, "https://login.example.com/auth"],
  [`${NGINX}auth-signin`, "https://login.example.com"],
  [`${NGINX}auth-tls-secret`, "apps/ca"],
  [`${NGINX}auth-tls-verify-client`, "on"],
  [`${NGINX}whitelist-source-range`, "10.0.0.0/8"],
  [`${NGINX}denylist-source-range`, "192.0.2.0/24"],
  [`${NGINX}limit-rps`, "5"],
  [`${NGINX}limit-connections`, "5"],
  [`${NGINX}proxy-body-size`, "8m"],
  [`${NGINX}enable-modsecurity`, "true"],
  [`${NGINX}configuration-snippet`, "deny all;"],
  [`${NGINX}server-snippet`, "deny all;"],
  [`${NGINX}enable-cors`, "true"],
  [`${NGINX}app-root`, "/app"],
  [`${NGINX}custom-headers`, "apps/headers"],
  [`${NGINX}ssl-ciphers`, "HIGH"],
  [`${NGINX}affinity`, "cookie"],
  [`${NGINX}satisfy`, "all"],
  [`${NGINX}backend-protocol`, "HTTPS"],
  [`${NGINX}rewrite-target`, "/$1"],
  [`${NGINX}use-regex`, "true"],
  [`${NGINX}something-new`, "on"],
  [`${TRAEFIK}router.tls.options`, "apps-mtls@kubernetescrd"],
  [`${TRAEFIK}router.something-new`, "on"],
  ["haproxy.org/auth-type", "basic-auth"],
  ["nginx.org/basic-auth-secret", "users"],
  ["konghq.com/plugins", "key-auth"],
  ["ingress.pomerium.io/policy", "allow: {}"],
  ["mse.ingress.kubernetes.io/auth-type", "basic"],
  ["haproxy.router.openshift.io/ip_whitelist", "10.0.0.0/8"],
];

const ingress = (annotations: Readonly<Record<string, string>>, more: object = {}): string =>
  stringify(ingressWith({ ingressClassName: "outside", annotations, more }));

const CLASS = (controller: string): string =>
  stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "outside" },
    spec: { controller },
  });

interface Row {
  readonly annotation: string;
  readonly value: string;
  readonly fate: string;
  readonly section: string;
}

const CORS_DEFAULTS = {
  accessControlAllowMethods: ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"],
  accessControlAllowHeaders: [
    "DNT",
    "Keep-Alive",
    "User-Agent",
    "X-Requested-With",
    "If-Modified-Since",
    "Cache-Control",
    "Content-Type",
    "Range",
    "Authorization",
  ],
  accessControlMaxAge: 1728000,
};

/** Annotations, and the spec of the Middleware that replaces them. */
const TRANSLATED: readonly (readonly [string, Readonly<Record<string, string>>, object])[] = [
  [
    "an allow list",
    { [`${NGINX}whitelist-source-range`]: "10.0.0.0/8, 2001:db8::/32,192.0.2.1" },
    { ipAllowList: { sourceRange: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"] } },
  ],
  [
    "a login",
    { [`${NGINX}auth-type`]: "basic", [`${NGINX}auth-secret`]: "users", [`${NGINX}auth-realm`]: "Apps" },
    { basicAuth: { secret: "users", realm: "Apps" } },
  ],
  [
    "a limit for bodies",
    { [`${NGINX}proxy-body-size`]: "8m" },
    { buffering: { maxRequestBodyBytes: 8 * 1024 * 1024 } },
  ],
  [
    "a rate limit",
    { [`${NGINX}limit-rps`]: "5" },
    { rateLimit: { average: 5, period: "1s", burst: 25, sourceCriterion: { ipStrategy: { depth: 0 } } } },
  ],
  [
    "a rate limit per minute with a burst",
    { [`${NGINX}limit-rpm`]: "30", [`${NGINX}limit-burst-multiplier`]: "2" },
    { rateLimit: { average: 30, period: "1m", burst: 60, sourceCriterion: { ipStrategy: { depth: 0 } } } },
  ],
  [
    "a limit of connections",
    { [`${NGINX}limit-connections`]: "3" },
    { inFlightReq: { amount: 3, sourceCriterion: { ipStrategy: { depth: 0 } } } },
  ],
  [
    "CORS for every origin, without credentials",
    { [`${NGINX}enable-cors`]: "true", [`${NGINX}cors-allow-credentials`]: "true" },
    { headers: { accessControlAllowOriginList: ["*"], ...CORS_DEFAULTS } },
  ],
  [
    "CORS for some origins",
    {
      [`${NGINX}enable-cors`]: "true",
      [`${NGINX}cors-allow-origin`]: "https://a.example.com, https://*.b.example.com:8443",
      [`${NGINX}cors-allow-methods`]: "GET, POST",
      [`${NGINX}cors-allow-headers`]: "X-Token",
      [`${NGINX}cors-expose-headers`]: "X-Total,X-Page",
      [`${NGINX}cors-max-age`]: "600",
    },
    {
      headers: {
        accessControlAllowOriginList: ["https://a.example.com"],
        accessControlAllowOriginListRegex: ["^https://[a-z0-9-]+\\.b\\.example\\.com:8443$"],
        accessControlAllowCredentials: true,
        customResponseHeaders: { "Access-Control-Allow-Origin": "" },
        accessControlAllowMethods: ["GET", "POST"],
        accessControlAllowHeaders: ["X-Token"],
        accessControlExposeHeaders: ["X-Total", "X-Page"],
        accessControlMaxAge: 600,
      },
    },
  ],
  [
    "a deny list",
    { [`${NGINX}denylist-source-range`]: "128.0.0.0/1, 10.0.0.0/8" },
    {
      ipAllowList: {
        sourceRange: [
          "0.0.0.0/5",
          "8.0.0.0/7",
          "11.0.0.0/8",
          "12.0.0.0/6",
          "16.0.0.0/4",
          "32.0.0.0/3",
          "64.0.0.0/2",
          "::/0",
        ],
      },
    },
  ],
  [
    "an application root",
    { [`${NGINX}app-root`]: "/app/#/home" },
    { redirectRegex: { regex: "^(https?://[^/]+)/(?:\\?.*)?$", replacement: "$1/app/#/home" } },
  ],
];

/** Annotations of which a Middleware would do less, even where the Gateway's Traefik reads Middlewares. */
const NOT_TRANSLATED: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["an allow list with a variable", { [`${NGINX}whitelist-source-range`]: "${LAN}" }],
  [
    "an allow list or a login",
    { [`${NGINX}whitelist-source-range`]: "10.0.0.0/8", [`${NGINX}satisfy`]: "any" },
  ],
  [
    "a login with the Secret of another namespace",
    { [`${NGINX}auth-type`]: "basic", [`${NGINX}auth-secret`]: "other/users" },
  ],
  [
    "a login with one key per user",
    {
      [`${NGINX}auth-type`]: "basic",
      [`${NGINX}auth-secret`]: "users",
      [`${NGINX}auth-secret-type`]: "auth-map",
    },
  ],
  ["a digest login", { [`${NGINX}auth-type`]: "digest", [`${NGINX}auth-secret`]: "users" }],
  [
    "two logins",
    {
      [`${NGINX}auth-type`]: "basic",
      [`${NGINX}auth-secret`]: "users",
      [`${NGINX}auth-url`]: "https://login.example.com",
    },
  ],
  ["a rate limit with exceptions", { [`${NGINX}limit-rps`]: "5", [`${NGINX}limit-whitelist`]: "10.0.0.0/8" }],
  ["CORS with an invalid origin", { [`${NGINX}enable-cors`]: "true", [`${NGINX}cors-allow-origin`]: "null" }],
  [
    "CORS that exposes every header",
    { [`${NGINX}enable-cors`]: "true", [`${NGINX}cors-expose-headers`]: "*" },
  ],
  ["a deny list with IPv6", { [`${NGINX}denylist-source-range`]: "10.0.0.0/8,2001:db8::/32" }],
  [
    "a deny list that takes too many ranges",
    { [`${NGINX}denylist-source-range`]: "10.0.0.1,172.16.0.1,192.168.0.1" },
  ],
  ["a deny list with a variable", { [`${NGINX}denylist-source-range`]: "${BAD}" }],
  ["an application root with a variable", { [`${NGINX}app-root`]: "/$1" }],
  ["a limit for bodies of an unknown unit", { [`${NGINX}proxy-body-size`]: "8x" }],
  [
    "a snippet next to an allow list",
    { [`${NGINX}whitelist-source-range`]: "10.0.0.0/8", [`${NGINX}configuration-snippet`]: "allow all;" },
  ],
  ["a redirect with variables", { [`${NGINX}permanent-redirect`]: "https://new.example.com$request_uri" }],
  [
    "a redirect with another code",
    {
      [`${NGINX}permanent-redirect`]: "https://new.example.com/",
      [`${NGINX}permanent-redirect-code`]: "308",
    },
  ],
  ["a rewrite to another path", { [`${NGINX}rewrite-target`]: "/other/$1" }],
  ["a rewrite without a group", { [`${NGINX}rewrite-target`]: "/" }],
];

/** Annotations with a path, and lines of the route that replaces them. */
const FILTERS: readonly (readonly [Readonly<Record<string, string>>, string, readonly string[]])[] = [
  [{ [`${NGINX}upstream-vhost`]: "app.example.com" }, "/", ["type: URLRewrite", "hostname: app.example.com"]],
  [
    { [`${NGINX}permanent-redirect`]: "https://new.example.com:8443/start" },
    "/",
    ["type: RequestRedirect", "port: 8443", "replaceFullPath: /start", "statusCode: 301"],
  ],
  [
    { [`${NGINX}rewrite-target`]: "/$2", [`${NGINX}use-regex`]: "true" },
    "/app(/|$)(.*)",
    ["value: /app", "type: ReplacePrefixMatch", "replacePrefixMatch: /"],
  ],
  [{ [`${NGINX}rewrite-target`]: "/$1" }, "/(.*)", ["backendRefs:"]],
  [
    { [`${NGINX}rewrite-target`]: "/$1" },
    "/code/(.*)",
    ["value: /code", "type: ReplacePrefixMatch", "replacePrefixMatch: /"],
  ],
];

/** The spec of the one Middleware in a file. */
function middlewareIn(text: string): unknown {
  const objects = parseAllDocuments(text).map(
    (document) => document.toJS() as { kind?: string; spec?: unknown } | null,
  );
  return objects.find((object) => object?.kind === "Middleware")?.spec;
}

const WHOLE = [{ host: "web.example.com", path: "/", pathType: "Prefix" }];

const LOGIN: Readonly<Record<string, string>> = { "auth-secret": "auth-type", "auth-type": "auth-secret" };

/** The annotation without which ingress-nginx ignores another one. */
const partnerOf = (annotation: string): string | undefined =>
  annotation.startsWith("cors-")
    ? "enable-cors"
    : /^(?:session-cookie|affinity)-/.test(annotation)
      ? "affinity"
      : LOGIN[annotation];

/** Node's own comparison of addresses with ranges. */
function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), "ipv4");
  }
  return list;
}

let root: string;

/** The step's report, and the file after it. */
type Written = StepReport & { readonly written: string };

/** The step's report on one Ingress, with every loss accepted. */
function report(text: string, gateway: object = {}, controller = "k8s.io/ingress-nginx"): Written {
  const gateways = { outside: { name: "external", namespace: "doors", ...gateway } };
  mkdirSync(join(root, ".edgefirst"), { recursive: true });
  writeFileSync(join(root, "ingress.yaml"), text);
  writeFileSync(join(root, "class.yaml"), CLASS(controller));
  const options = { acceptLoss: [...LOSS_KINDS], route: { gateways } };
  writeFileSync(join(root, ".edgefirst/migrate.yaml"), stringify(options));
  const repository = new Repository(root);
  const clusters = buildClusters(repository);
  const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
  const result = runStep(route, context);
  return { ...reportOf(result, repository), written: fileText(result.after, "ingress.yaml") ?? "" };
}

describe("the settings of Ingress controllers", () => {
  before(() => {
    root = temporaryDirectory("edgefirst-controllers-");
  });

  it("move with an Ingress that has none", () => {
    assert.equal(report(ingress({})).verdict, "proven");
  });

  for (const [name, value] of PROTECTIONS)
    it(`${name} keeps its Ingress, even if every loss is accepted`, () => {
      const { verdict, files, notes } = report(ingress({ [name]: value }));
      assert.deepEqual([verdict, files], ["refused", []]);
      assert.ok(notes.some(({ kind, message }) => kind === "refused" && message.includes(name)));
    });

  it("have no effect if they only state the default, or if the controller ignores them", () => {
    for (const [name, value] of [
      [`${NGINX}proxy-body-size`, "0"],
      [`${NGINX}enable-cors`, "false"],
      [`${NGINX}backend-protocol`, "HTTP"],
      [`${NGINX}x-forwarded-prefix`, "/app"],
      [`${NGINX}cors-allow-origin`, "*"],
      [`${TRAEFIK}router.tls.certresolver`, "letsencrypt"],
    ] as const) {
      const { verdict, notes } = report(ingress({ [name]: value }));
      assert.equal(verdict, "proven", name);
      assert.ok(notes.some(({ kind, message }) => kind === "removed" && message.includes(name)));
    }
  });

  it("are losses if they only tune a proxy", () => {
    assert.equal(controllerFate(`${NGINX}proxy-read-timeout`, "60")?.fate, "lost");
    assert.equal(controllerFate(`${TRAEFIK}router.priority`, "10")?.fate, "lost");
    assert.equal(controllerFate("gethomepage.dev/enabled", "true"), undefined);
  });

  it("redirect to HTTPS only if the Gateway does so too", () => {
    const explicit = ingress({ [`${NGINX}force-ssl-redirect`]: "true" });
    assert.equal(report(explicit).verdict, "refused");
    const https = { httpsListeners: ["https"], redirectsToHttps: true };
    assert.equal(report(explicit, { httpsListeners: ["https"] }).verdict, "refused");
    assert.equal(report(explicit, { redirectsToHttps: true }).verdict, "refused");
    assert.equal(report(explicit, https).verdict, "proven");
    // ingress-nginx redirects by default if the Ingress has a certificate.
    const implied = ingress({}, { tls: [{ secretName: "web-tls", hosts: ["web.example.com"] }] });
    assert.equal(report(implied).verdict, "refused");
    assert.equal(report(implied, {}, "traefik.io/ingress-controller").verdict, "proven");
    const off = ingress({ [`${NGINX}ssl-redirect`]: "false" }, { tls: [{ secretName: "web-tls" }] });
    assert.equal(report(off).verdict, "proven");
  });

  it("use Middlewares only if the Gateway's Traefik reads them", () => {
    const guarded = ingress({ [`${TRAEFIK}router.middlewares`]: "apps-auth@kubernetescrd" });
    const controller = "traefik.io/ingress-controller";
    assert.equal(report(guarded, {}, controller).verdict, "refused");
    assert.equal(report(guarded, { middlewares: true }, controller).verdict, "proven");
  });

  it("attach to one listener, never to all", () => {
    const text = ingress({ [`${TRAEFIK}router.entrypoints`]: "websecure" });
    assert.match(
      report(text)
        .notes.map(({ message }) => message)
        .join(),
      /entry point websecure is not known/,
    );
    assert.equal(report(text, { entryPoints: { websecure: "https" } }).verdict, "proven");
  });

  it("of ingress-nginx are each known, and become what the table says", () => {
    const file = new URL("nginx-annotations.yaml", import.meta.url);
    const rows = parse(readFileSync(file, "utf8")) as readonly Row[];
    assert.ok(rows.length > 130);
    for (const { annotation, value, fate, section } of rows) {
      assert.match(section, /^[a-z0-9-]+$/, annotation);
      const values: Readonly<Record<string, string>> = {
        "auth-type": "basic",
        "auth-secret": "users",
        "enable-cors": "true",
        affinity: "cookie",
      };
      const of = (name: string): string | undefined =>
        name === annotation ? value : name === partnerOf(annotation) ? values[name] : undefined;
      const isTranslated = translationsOf(of, WHOLE).some(({ names }) => names.includes(annotation));
      const known = controllerFate(NGINX + annotation, value);
      assert.equal(isTranslated ? "translated" : known?.fate, fate, annotation);
      assert.ok(!(known && "reason" in known) || !known.reason.includes("does not know"), annotation);
    }
  });

  for (const [name, annotations, spec] of TRANSLATED)
    it(`of ingress-nginx: ${name} becomes a Middleware next to the route`, () => {
      const text = ingress(annotations);
      const { verdict, written } = report(text, { middlewares: true });
      assert.equal(verdict, "proven");
      assert.deepEqual(middlewareIn(written), spec);
      const refusal = report(text)
        .notes.map(({ message }) => message)
        .join();
      for (const annotation of Object.keys(annotations)) assert.match(refusal, new RegExp(annotation));
      const other = report(text, { middlewares: true }, "traefik.io/ingress-controller");
      assert.equal(other.verdict, "refused");
      assert.match(other.notes.map(({ message }) => message).join(), /may have no effect today/);
    });

  for (const [name, annotations] of NOT_TRANSLATED)
    it(`of ingress-nginx keep their Ingress: ${name}`, () => {
      const { verdict, files } = report(ingress(annotations), { middlewares: true });
      assert.deepEqual([verdict, files], ["refused", []]);
    });

  it("of ingress-nginx have no effect if they only describe CORS that is off", () => {
    for (const enabled of [{}, { [`${NGINX}enable-cors`]: "false" }])
      assert.equal(report(ingress({ ...enabled, [`${NGINX}cors-allow-origin`]: "*" })).verdict, "proven");
    const unknown = ingress({ [`${NGINX}enable-cors`]: "True", [`${NGINX}cors-allow-origin`]: "*" });
    assert.equal(report(unknown, { middlewares: true }).verdict, "refused");
  });

  it("of ingress-nginx: an application root stays with an Ingress that does not have the path /", () => {
    const text = ingress({ [`${NGINX}app-root`]: "/app" }).replace("path: /", "path: /app");
    assert.equal(report(text, { middlewares: true }).verdict, "refused");
  });

  it("of ingress-nginx: the ranges for a deny list contain every other address, and none that it denies", () => {
    const text = (number: number): string =>
      [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
    const denied = fc.array(fc.tuple(fc.nat(2 ** 32 - 1), fc.integer({ min: 0, max: 20 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(denied, fc.nat(2 ** 32 - 1), (ranges, anywhere) => {
        const blocked = blockList(ranges.map(([from, bits]) => `${text(from)}/${bits}`));
        const value = ranges.map(([from, bits]) => `${text(from)}/${bits}`).join(",");
        const [found] = translationsOf(
          (name) => (name === "denylist-source-range" ? value : undefined),
          WHOLE,
        );
        const { ipAllowList } = found?.middleware?.spec as unknown as {
          ipAllowList: { sourceRange: readonly string[] };
        };
        const allowed = blockList(ipAllowList.sourceRange.filter((range) => range !== "::/0"));
        const edges = ranges.flatMap(([from, bits]) => {
          const start = from - (from % 2 ** (32 - bits));
          return [start - 1, start, start + 2 ** (32 - bits) - 1, start + 2 ** (32 - bits)];
        });
        for (const one of [...edges, anywhere].filter((number) => number >= 0 && number < 2 ** 32))
          assert.notEqual(allowed.check(text(one)), blocked.check(text(one)), `${value}: ${text(one)}`);
      }),
      { numRuns: 300 },
    );
  });

  it("of ingress-nginx become filters of the route", () => {
    for (const [annotations, path, filters] of FILTERS) {
      const text = ingress(annotations)
        .replace("path: /", `path: ${path}`)
        .replace("pathType: Prefix", "pathType: ImplementationSpecific");
      const { verdict, written, notes } = report(text);
      assert.equal(verdict, "proven", notes.map(({ message }) => message).join());
      for (const filter of filters) assert.ok(written.includes(filter), `${filter} in ${written}`);
    }
  });

  it("are each documented with their source", () => {
    for (const name of ["nginx", "traefik"]) {
      const file = new URL(
        `../../../../../tools/migrate/steps/route/controllers/${name}.ts`,
        import.meta.url,
      );
      assert.ok(existsSync(file));
      assert.match(readFileSync(file, "utf8"), /Source: https:\/\//);
    }
  });
});
