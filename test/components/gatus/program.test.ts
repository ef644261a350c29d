import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { alertRules } from "../../../components/alerting/rules.ts";
import { endpointConflicts } from "../../../components/gatus/conflicts.ts";
import { gatusConfig, literal, pushoverConfig } from "../../../components/gatus/config.ts";
import { gatusDeployment } from "../../../components/gatus/deployment.ts";
import { loginSecret } from "../../../components/gatus/login.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { clusterHolding } from "../../support/cluster.ts";

describe("the real Gatus", function () {
  this.timeout(30_000);
  let program: string;
  let dir: string;
  let port: number;
  const running: ChildProcess[] = [];

  before(async function () {
    const found = await findProgram(programNamed("gatus", PROGRAMS));
    if (found === undefined) {
      console.log("    skipped: no Gatus on this machine (EDGEFIRST_GATUS, PATH or the toolchain's cache)");
      this.skip();
    }
    program = found.path;
  });

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "edgefirst-gatus-"));
    port = await freePort();
  });

  afterEach(async () => {
    for (const child of running.splice(0)) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, "exit");
    }
    rmSync(dir, { recursive: true, force: true });
  });

  /** A ConfigMap or Secret volume as created by the kubelet: links to files in a folder behind a link. */
  const mount = (volume: string, file: string, text: string): void => {
    mkdirSync(join(dir, volume, "..2026_01_01"), { recursive: true });
    writeFileSync(join(dir, volume, "..2026_01_01", file), text.replaceAll("8080", String(port)));
    symlinkSync("..2026_01_01", join(dir, volume, "..data"));
    symlinkSync(join("..data", file), join(dir, volume, file));
  };
  /** What gatus-sidecar writes. */
  const discovered = (...endpoints: object[]): void => {
    mkdirSync(join(dir, "discovered"));
    writeFileSync(join(dir, "discovered", "gatus-sidecar.yaml"), stringify({ endpoints }));
  };
  const start = (env = process.env): { readonly child: ChildProcess; readonly output: () => string } => {
    const child = spawn(program, { env: { ...env, GATUS_CONFIG_PATH: dir } });
    running.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return { child, output: () => output };
  };
  /** The metrics, as soon as an endpoint has a result. */
  const firstResult = (): Promise<string> =>
    waitUntil(
      "a result in the metrics",
      async () => {
        const metrics = await fetch(`http://127.0.0.1:${port}/metrics`).then(
          (response) => response.text(),
          () => "",
        );
        return metrics.includes("gatus_results_endpoint_success{") ? metrics : undefined;
      },
      { timeoutMs: 20_000 },
    );

  it("merges base configuration, Pushover file and discovered endpoints, and reports itself as up", async () => {
    mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    mount("pushover", "pushover.yaml", pushoverConfig("1".repeat(30), "u".repeat(30)));
    discovered();
    const { output } = start();
    // Not the API, whose responses Gatus caches for ten seconds.
    const metrics = await firstResult();
    assert.match(metrics, /^gatus_results_endpoint_success\{.*key="self_gatus".*\} 1$/m);
    assert.match(output(), /configuredProviders=\[pushover\]/);
    assert.doesNotMatch(output(), /WARN/);
  });

  it("exports the metric and the labels that the alerts use", async () => {
    mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    start();
    const metrics = await firstResult();
    const labels = /^gatus_results_endpoint_success\{(.*)\} 1$/m.exec(metrics)?.[1]?.match(/\w+(?==)/g);
    const expr = alertRules()[0]?.rules.find(({ alert }) => alert === "GatusEndpointDown")?.expr ?? "";
    const used = /max by \((.*)\) \(gatus_results_endpoint_success\)/.exec(expr)?.[1]?.split(", ");
    // Prometheus adds the namespace of the scraped pod.
    assert.deepEqual(
      used?.filter((label) => label !== "namespace" && !labels?.includes(label)),
      [],
    );
  });

  it("rejects its whole configuration because of two routes with the same name, as the check predicts", async () => {
    const route = (namespace: string): KubeObject => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "whoami", namespace },
      spec: { hostnames: [`${namespace}.example.com`] },
    });
    const findings = await endpointConflicts(
      {
        endpoints: [],
        discover: { httpRoutes: true, services: false },
        labelledConfigMaps: undefined,
        gateways: [],
        routes: [],
      },
      clusterHolding(route("a"), route("b")),
    );
    assert.equal(findings.length, 1);

    mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    discovered(
      ...["a", "b"].map((namespace) => ({
        name: "whoami",
        url: `https://${namespace}.example.com`,
        interval: "1m",
        conditions: ["[STATUS] == 200"],
      })),
    );
    const { child, output } = start();
    const [code] = (await once(child, "exit")) as [number];
    assert.notEqual(code, 0);
    assert.match(output(), /invalid endpoint _whoami: name and group combination must be unique/);
    assert.match(findings[0]?.message ?? "", / _whoami\.$/);
  });

  it("expands every variable of its container in the text of a route, and none of them is a secret", async () => {
    const secrets = ["t$0ken".padEnd(30, "t"), "u".repeat(30), "postgres://gatus:p$a${CONTROL}@db/gatus"];
    const [token = "", userKey = "", database = ""] = secrets;
    const variables = gatusVariables();
    const seen = new Map<string, string>();
    const listener = http
      .createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? "", "http://listener");
        seen.set(pathname.slice(1), searchParams.get("value") ?? "");
        response.end();
      })
      .listen(0, "127.0.0.1");
    await once(listener, "listening");
    try {
      const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
      // In the real file, this path is that of the database.
      const storage = { storage: { path: literal(join(dir, database.replaceAll("/", "_"))) } };
      mount(
        "base",
        "config.yaml",
        gatusConfig([], { type: "sqlite", size: "1Gi" }).replace(/^ +path: .*\n/m, ""),
      );
      mount("storage", "storage.yaml", stringify(storage));
      mount("pushover", "pushover.yaml", pushoverConfig(token, userKey));
      // STORAGE_URL had the database's URL in earlier releases.
      const names = [...Object.keys(variables), "STORAGE_URL", "CONTROL"];
      discovered(
        ...names.map((name) => ({
          name,
          url: `${url}/${name}?value=\${${name}}`,
          interval: "1s",
          conditions: ["[STATUS] == 200"],
        })),
      );
      const { output } = start({ ...variables, GATUS_DELAY_START_SECONDS: "0", CONTROL: "expanded" });
      await waitUntil("a request for each variable", () => Promise.resolve(seen.size === names.length), {
        timeoutMs: 20_000,
      });
      assert.equal(seen.get("CONTROL"), "expanded");
      assert.equal(seen.get("STORAGE_URL"), "");
      for (const secret of secrets) assert.ok(![...seen.values(), output()].join("\n").includes(secret));
    } finally {
      listener.close();
      listener.closeAllConnections();
    }
  });

  it("asks for the configured login before it shows results, and reads the file of labelled endpoints", async () => {
    // bcrypt of "secret".
    const hash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
    const login = loginSecret(
      { basic: { username: "ann" }, passwordHash: Buffer.from(hash).toString("base64") },
      "observability",
    );
    const { "login.yaml": file } = login.stringData as Record<string, pulumi.Output<string>>;
    mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    mount("login", "login.yaml", await new Promise<string>((resolve) => file!.apply(resolve)));
    mkdirSync(join(dir, "labelled"));
    const labelled = {
      name: "labelled",
      url: `http://127.0.0.1:${port}/health`,
      conditions: ["[STATUS] == 200"],
    };
    writeFileSync(join(dir, "labelled", "labelled.yaml"), JSON.stringify({ endpoints: [labelled] }));
    start();
    assert.match(await firstResult(), /gatus_results_endpoint_success/);
    const results = async (password?: string, which = "statuses") => {
      const authorization = password && `Basic ${Buffer.from(`ann:${password}`).toString("base64")}`;
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/endpoints/${which}`, {
        headers: authorization ? { authorization } : {},
      });
      return response.status;
    };
    assert.equal(await results(), 401);
    assert.equal(await results("wrong"), 401);
    assert.equal(await results("secret"), 200);
    const labelledResult = async () =>
      (await results("secret", "_labelled/statuses")) === 200 ? true : undefined;
    assert.ok(await waitUntil("a result of the labelled endpoint", labelledResult, { timeoutMs: 20_000 }));
  });
});

/** The variables of Gatus's container, with every option that reads a secret. */
function gatusVariables(): Record<string, string> {
  const deployment = gatusDeployment({
    namespace: "observability",
    images: { gatus: "gatus", gatusSidecar: "gatus-sidecar", k8sSidecar: "k8s-sidecar" },
    storage: { type: "postgres", secret: "database", key: "uri" },
    config: "",
    sidecarArgs: [],
    labelled: "all",
    reserved: [],
    pushover: true,
    login: true,
  });
  const { template } = deployment.spec as {
    template: {
      spec: { enableServiceLinks: boolean; containers: { env: { name: string; value?: string }[] }[] };
    };
  };
  // Otherwise, the kubelet would add the addresses of all Services.
  assert.equal(template.spec.enableServiceLinks, false);
  const variables = template.spec.containers[0]!.env;
  return Object.fromEntries(variables.map(({ name, value }) => [name, value ?? assert.fail(name)]));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
