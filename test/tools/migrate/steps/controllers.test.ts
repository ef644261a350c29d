import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { LOSS_KINDS } from "../../../../tools/migrate/loss-kinds.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { reportOf, type StepReport } from "../../../../tools/migrate/report.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import { controllerFate } from "../../../../tools/migrate/steps/route/controllers/registry.ts";
import { route } from "../../../../tools/migrate/steps/route/step.ts";

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
  [`${NGINX}custom-headers`, "apps/headers"],
  [`${NGINX}ssl-ciphers`, "HIGH"],
  [`${NGINX}affinity`, "cookie"],
  [`${NGINX}satisfy`, "all"],
  [`${NGINX}enable-global-auth`, "false"],
  [`${NGINX}backend-protocol`, "HTTPS"],
  [`${NGINX}rewrite-target`, "/$1"],
  [`${NGINX}use-regex`, "true"],
  [`${NGINX}something-new`, "on"],
  [`${TRAEFIK}router.tls.options`, "apps-mtls@kubernetescrd"],
  [`${TRAEFIK}router.something-new`, "on"],
  ["haproxy.org/auth-type", "basic-auth"],
  ["nginx.org/basic-auth-secret", "users"],
  ["konghq.com/plugins", "key-auth"],
];

const ingress = (annotations: Readonly<Record<string, string>>, more: object = {}): string =>
  stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "web", namespace: "apps", annotations },
    spec: {
      ingressClassName: "outside",
      rules: [
        {
          host: "web.example.com",
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } },
            ],
          },
        },
      ],
      ...more,
    },
  });

const CLASS = (controller: string): string =>
  stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "outside" },
    spec: { controller },
  });

let root: string;

/** The step's report on one Ingress, with every loss accepted. */
function report(text: string, gateway: object = {}, controller = "k8s.io/ingress-nginx"): StepReport {
  const gateways = { outside: { name: "external", namespace: "doors", ...gateway } };
  mkdirSync(join(root, ".edgefirst"), { recursive: true });
  writeFileSync(join(root, "ingress.yaml"), text);
  writeFileSync(join(root, "class.yaml"), CLASS(controller));
  const options = { acceptLoss: [...LOSS_KINDS], route: { gateways } };
  writeFileSync(join(root, ".edgefirst/migrate.yaml"), stringify(options));
  const repository = new Repository(root);
  const clusters = buildClusters(repository);
  const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
  return reportOf(runStep(route, context), repository);
}

describe("the settings of Ingress controllers", () => {
  before(() => {
    root = mkdtempSync(join(tmpdir(), "edgefirst-controllers-"));
  });
  after(() => {
    rmSync(root, { recursive: true });
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

  it("have no effect if they only state the default", () => {
    for (const [name, value] of [
      [`${NGINX}proxy-body-size`, "0"],
      [`${NGINX}enable-cors`, "false"],
      [`${NGINX}backend-protocol`, "HTTP"],
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
    assert.equal(report(guarded).verdict, "refused");
    assert.equal(report(guarded, { middlewares: true }).verdict, "proven");
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

  it("are each documented with their source", () => {
    for (const name of ["nginx", "traefik"]) {
      const file = new URL(`../../../../tools/migrate/steps/route/controllers/${name}.ts`, import.meta.url);
      assert.ok(existsSync(file));
      assert.match(readFileSync(file, "utf8"), /Source: https:\/\//);
    }
  });
});
