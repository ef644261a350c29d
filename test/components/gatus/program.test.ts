import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import { stringify } from "yaml";
import { alertRules } from "../../../components/alerting/rules.ts";
import { gatusConfig, literal, pushoverConfig } from "../../../components/gatus/config.ts";
import { gatusDeployment } from "../../../components/gatus/deployment.ts";
import { FILTER_PROGRAM } from "../../../components/gatus/endpoint-filter.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { randomEndpoints } from "../../support/random-endpoints.ts";
import { useRealGatus } from "../../support/real-gatus.ts";
import { listening } from "../../support/listening.ts";

describe("the real Gatus", function () {
  this.timeout(60_000);
  const gatus = useRealGatus();
  const { mount, discovered, start, firstResult } = gatus;

  it("merges base configuration, Pushover file and discovered endpoints, and reports itself as up", async () => {
    mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    mount("pushover", "pushover.yaml", pushoverConfig("1".repeat(30), "u".repeat(30)));
    discovered();
    const { output } = start();
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

  it("rejects its whole configuration because of two routes with the same name, unless the filter reads them first", async () => {
    const routes = ["a", "b"].map((namespace) => ({
      name: "whoami",
      url: `https://${namespace}.example.invalid`,
      interval: "1m",
      conditions: ["[STATUS] == 200"],
    }));
    mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    discovered(...routes);
    const { child, output } = start();
    const [code] = (await once(child, "exit")) as [number];
    assert.notEqual(code, 0);
    assert.match(output(), /invalid endpoint _whoami: name and group combination must be unique/);
    filter(gatus.dir);
    start();
    await gatus.serving();
  });

  it("accepts whatever the filter leaves of random endpoints", async function () {
    this.timeout(120_000);
    mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    const { good, random } = randomEndpoints(500);
    discovered(...random, good);
    const kept = filter(gatus.dir);
    assert.ok(kept.some(({ name }) => name === good.name));
    assert.ok(kept.length > 50 && kept.length < 450, `${kept.length} of 500`);
    const { output } = start();
    await gatus.serving().catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output()}`);
    });
  });

  it("expands every variable of its container in the text of a route, and none of them is a secret", async () => {
    const secrets = ["t$0ken".padEnd(30, "t"), "u".repeat(30), "postgres://gatus:p$a${CONTROL}@db/gatus"];
    const [token = "", userKey = "", database = ""] = secrets;
    const variables = gatusVariables();
    const seen = new Map<string, string>();
    const listener = http.createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://listener");
      seen.set(pathname.slice(1), searchParams.get("value") ?? "");
      response.end();
    });
    try {
      const url = `http://${await listening(listener)}`;
      // In the real file, this path is that of the database.
      const storage = { storage: { path: literal(join(gatus.dir, database.replaceAll("/", "_"))) } };
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

/** Lets the filter read what a sidecar wrote, and replaces it with the result. */
function filter(dir: string): readonly { readonly name: string }[] {
  const file = join(dir, "discovered", "gatus-sidecar.yaml");
  const env = { ...process.env, DISCOVERED: file, OUTPUT: join(dir, "filtered.yaml") };
  const { status, stderr } = spawnSync("python3", ["-c", FILTER_PROGRAM], { env, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  rmSync(file);
  const { endpoints } = JSON.parse(readFileSync(env.OUTPUT, "utf8")) as { endpoints: { name: string }[] };
  return endpoints;
}
