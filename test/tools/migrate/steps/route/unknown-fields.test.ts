import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { at, fields } from "../../../../../policy/engine/read.ts";
import type { FieldType } from "../../../../../tools/gitops/flux/field-types/notation.ts";
import { MIDDLEWARE as MIDDLEWARE_TYPE } from "../../../../../tools/gitops/flux/field-types/traefik.ts";
import { moduleDirectory } from "../../../../../tools/toolchain/modules.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import type { StepResult } from "../../../../../tools/migrate/run.ts";
import { messages, resultOf, type Files } from "../../planning.ts";

const OPTIONS = {
  acceptLoss: ["annotation", "comment", "path-prefix", "setting", "dns-record"],
  route: {
    gateways: {
      wan: { name: "front", namespace: "doors", middlewares: true, provides: ["plugin fail2ban"] },
    },
  },
};

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ledger
  namespace: shop
  creationTimestamp: null
spec:
  ingressClassName: wan
  rules:
    - host: ledger.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ledger
                port:
                  number: 80
`;
const ROUTE = `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: ledger
  namespace: shop
  annotations:
    kubernetes.io/ingress.class: wan
spec:
  routes:
    - kind: Rule
      match: Host(\`ledger.example.org\`)
      middlewares:
        - name: lan-only
      services:
        - name: ledger
          port: 80
`;
const RELEASE = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ledger
  namespace: shop
spec:
  chart:
    spec:
      chart: app-template
      version: 4.4.0
      sourceRef:
        kind: HelmRepository
        name: charts
  values:
    service:
      ledger:
        ports:
          http:
            port: 80
    ingress:
      ledger:
        className: wan
        hosts:
          - host: ledger.example.org
            paths:
              - path: /
                pathType: Prefix
                service:
                  identifier: ledger
`;
const ALLOW = 'annotations: { nginx.ingress.kubernetes.io/whitelist-source-range: "192.0.2.0/24" }';

/** A document, the line after which a field is added, and the field's path. */
const MISPLACED: readonly (readonly [string, string, string, string])[] = [
  [INGRESS, "  ingressClassName: wan", `  ${ALLOW}`, "spec.annotations"],
  [INGRESS, "    - host: ledger.example.org", `      ${ALLOW}`, "spec.rules[0].annotations"],
  [INGRESS, "          - path: /", `            ${ALLOW}`, "spec.rules[0].http.paths[0].annotations"],
  [INGRESS, "kind: Ingress", ALLOW, "annotations"],
  [INGRESS, "  namespace: shop", '  annotation: { team: "9" }', "metadata.annotation"],
  [INGRESS, "  namespace: shop", "  finalizers: [shop.example.org/audit]", "metadata.finalizers"],
  [INGRESS, "          - path: /", "            type: Exact", "spec.rules[0].http.paths[0].type"],
  [ROUTE, "spec:", `  ${ALLOW}`, "spec.annotations"],
  [ROUTE, "    - kind: Rule", "      middleware: [{ name: login }]", "spec.routes[0].middleware"],
  [ROUTE, "        - name: lan-only", "          options: 4", "spec.routes[0].middlewares[0].options"],
  [RELEASE, "        className: wan", '        middleware: "shop-login@kubernetescrd"', "middleware"],
  [RELEASE, "          - host: ledger.example.org", `            ${ALLOW}`, "hosts[0].annotations"],
  [RELEASE, "                pathType: Prefix", `                ${ALLOW}`, "hosts[0].paths[0].annotations"],
];
const MIDDLEWARE = `apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  name: lan-only
  namespace: shop
spec:
  ipAllowList:
    sourceRange:
      - 192.0.2.0/24
`;
const planned = (text: string): StepResult => {
  const files: Files = { "shop/ledger.yaml": text };
  return resultOf(route, files, OPTIONS);
};

describe("migrate route: a field that its API does not have", () => {
  for (const [document, after, field, path] of MISPLACED)
    it(`keeps ${/kind: (\w+)/.exec(document)?.[1]} with ${path}`, () => {
      const text = document.replace(`${after}\n`, () => `${after}\n${field}\n`);
      const line = text.split("\n").indexOf(field) + 1;
      const result = planned(text);
      assert.deepEqual(result.plan.changes, []);
      const refused = messages(result, "refused").join("\n");
      assert.ok(refused.includes(`${path} (shop/ledger.yaml:${line}) is not a field of`), refused);
    });

  it("does not keep the same objects without it", () => {
    for (const text of [INGRESS, ROUTE, RELEASE]) assert.equal(planned(text).plan.changes.length, 1, text);
  });

  it("keeps an IngressRoute whose Middleware has it, also within a chain", () => {
    const misspelled = MIDDLEWARE.replace("ipAllowList", "ipAllowlist");
    const nested = MIDDLEWARE.replace("    sourceRange", "    sourceRanges");
    const chain = MIDDLEWARE.replace(/spec:[^]*/, "spec: { chain: { middlewares: [{ name: inner }] } }\n");
    const inner = misspelled.replace("name: lan-only", "name: inner");
    for (const [text, field] of [
      [misspelled, "Middleware shop/lan-only has spec.ipAllowlist (shop/lan.yaml:7)"],
      [nested, "Middleware shop/lan-only has spec.ipAllowList.sourceRanges (shop/lan.yaml:8)"],
      [`${chain}---\n${inner}`, "Middleware shop/inner has spec.ipAllowlist (shop/lan.yaml:14)"],
    ] as const) {
      const result = resultOf(route, { "shop/ledger.yaml": ROUTE, "shop/lan.yaml": text }, OPTIONS);
      assert.deepEqual(result.plan.changes, []);
      assert.ok(messages(result, "refused").join("\n").includes(`${field}, which is not a field`), field);
    }
  });

  it("does not keep one with Middlewares that have none, or that its rules do not name", () => {
    const other = MIDDLEWARE.replace("ipAllowList", "ipAllowlist").replace("lan-only", "vpn-only");
    const plugin = MIDDLEWARE.replace(/spec:[^]*/, "spec: { plugin: { fail2ban: { anything: [1] } } }\n");
    for (const text of [`${MIDDLEWARE}---\n${other}`, plugin]) {
      const result = resultOf(route, { "shop/ledger.yaml": ROUTE, "shop/lan.yaml": text }, OPTIONS);
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
    }
  });
});

describe("migrate route: a field that only Traefik 2 follows", () => {
  const headers = MIDDLEWARE.replace(
    /spec:[^]*/,
    "spec: { headers: { sslRedirect: true, frameDeny: true } }\n",
  );
  const release = (chart: object, values: object = {}): string =>
    stringify({
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "traefik", namespace: "doors" },
      spec: {
        chart: {
          spec: { chart: "traefik", ...chart, sourceRef: { kind: "HelmRepository", name: "traefik" } },
        },
        values: { ingressClass: { name: "wan" }, ...values },
      },
    });
  const given = (middleware: string, more: Files = {}): StepResult =>
    resultOf(route, { "shop/ledger.yaml": ROUTE, "shop/lan.yaml": middleware, ...more }, OPTIONS);

  it("keeps the object unless Traefik 3 serves its class today, and says what to do", () => {
    const old = release({ version: "27.0.2" });
    const tagged = release({ version: "30.1.0" }, { image: { tag: "v2.11.3" } });
    for (const more of [{}, { "doors/traefik.yaml": old }, { "doors/traefik.yaml": tagged }]) {
      const result = given(headers, more);
      assert.deepEqual(result.plan.changes, []);
      assert.match(
        messages(result, "refused").join("\n"),
        /Middleware shop\/lan-only sets spec\.headers\.sslRedirect, which Traefik 2 follows .* redirectScheme/,
      );
    }
    const current = given(headers, { "doors/traefik.yaml": release({ version: "30.x" }) });
    assert.equal(current.plan.changes.length, 1, messages(current, "refused").join("\n"));
  });

  it("does not keep one whose redirect no plain HTTP reaches", () => {
    const secure = ROUTE.replace("spec:\n", "spec:\n  entryPoints: [websecure]\n  tls: {}\n");
    const options = {
      ...OPTIONS,
      route: { gateways: { wan: { ...OPTIONS.route.gateways.wan, entryPoints: { websecure: "https" } } } },
    };
    for (const [text, count] of [
      [headers, 1],
      [headers.replace("sslRedirect: true", "sslRedirect: true, sslHost: shop.example.org"), 0],
    ] as const) {
      const result = resultOf(route, { "shop/ledger.yaml": secure, "shop/lan.yaml": text }, options);
      assert.equal(result.plan.changes.length, count, messages(result, "refused").join("\n"));
    }
  });

  it("does not keep one whose value changes nothing", () => {
    for (const spec of [
      "{ headers: { sslRedirect: false } }",
      "{ stripPrefix: { prefixes: [/a], forceSlash: true } }",
    ]) {
      const result = given(MIDDLEWARE.replace(/spec:[^]*/, `spec: ${spec}\n`));
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
    }
  });
});

describe("field types of Middlewares", () => {
  it("are those of Traefik's own definition", async () => {
    const module = await moduleDirectory("traefik", "github.com/traefik/traefik/v3");
    const path = "docs/content/reference/dynamic-configuration/traefik.io_middlewares.yaml";
    const definition = parse(await readFile(join(module, path), "utf8")) as { spec: { versions: Schema[] } };
    const [version] = definition.spec.versions;
    assert.deepEqual(named(MIDDLEWARE_TYPE), schemaFields(at(version, SPEC)));
  });
});

const SPEC = ["schema", "openAPIV3Schema", "properties", "spec"];
type Schema = Readonly<Record<string, unknown>>;

/** The names of all fields below a type. */
function named(type: FieldType): unknown {
  if (typeof type === "string" || "pattern" in type) return "plain";
  if ("list" in type) return [named(type.list)];
  if ("map" in type) return "map";
  return Object.fromEntries(Object.entries(type.fields).map(([name, inner]) => [name, named(inner)]));
}

/** Like {@link named}, for an OpenAPI schema. */
function schemaFields(schema: unknown): unknown {
  const { properties, items, additionalProperties } = fields(schema);
  if (items !== undefined) return [schemaFields(items)];
  if (additionalProperties !== undefined) return "map";
  if (properties === undefined) return "plain";
  return Object.fromEntries(
    Object.entries(fields(properties)).map(([name, inner]) => [name, schemaFields(inner)]),
  );
}
