import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sandboxPolicyPack } from "../../tools/sandbox/policy-pack/pack.ts";
import { pulumiEnvironment } from "../../tools/sandbox/pulumi.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { violations } from "./violations.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The start of a program whose provider writes files instead of calling a cluster. */
const HEAD = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const provider = new k8s.Provider("files", { renderYamlToDirectory: "rendered" });
const options = { provider };
const pod = (name, container, annotations = {}) =>
  new k8s.core.v1.Pod(name, { metadata: { name, namespace: "media", annotations }, spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [{ name: "app", securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } }, ...container }],
  } }, options);
const probe = { httpGet: { path: "/", port: 80 } };
const probes = { livenessProbe: { ...probe, periodSeconds: 30 }, readinessProbe: probe, startupProbe: probe };
const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "16Mi" } };
const route = (name, annotations) => new k8s.apiextensions.CustomResource(name, {
  apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute",
  metadata: { name, namespace: "media", ...(annotations && { annotations }) }, 
  spec: { parentRefs: [{ name: "external", namespace: "network" }], hostnames: [name + ".example.com"] },
}, options);
`;

describe("policy pack, under the real engine", function () {
  this.timeout(180_000);
  const dir = temporaryDirectory("edgefirst-policy-");
  let pulumi: (...args: string[]) => Promise<{ readonly code: number; readonly output: string }>;
  let pack: string;

  before(async () => {
    const { command, env } = await pulumiEnvironment({ dir, progress: () => undefined });
    pack = await sandboxPolicyPack({ dir, pack: join(ROOT, "policy") });
    const project = join(dir, "project");
    mkdirSync(project);
    symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
    writeFileSync(join(project, "Pulumi.yaml"), "name: tiny\nruntime: nodejs\nmain: index.js\n");
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    pulumi = (...args) =>
      new Promise((resolve) => {
        execFile(command, [...args, "--non-interactive"], { cwd: project, env }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
        });
      });
    assert.equal((await pulumi("stack", "init", "test")).code, 0);
  });

  const run = (program: string, command: string[], ...flags: string[]) => {
    writeFileSync(join(dir, "project/index.js"), HEAD + program);
    return pulumi(...command, "--color", "never", "--policy-pack", pack, ...flags);
  };

  it("passes a program that follows the rules, fixes what it can, and counts exempt findings", async () => {
    const { code, output } = await run(
      `
      pod("good", { image: "app:1.0", ...probes, resources });
      pod("exempt", { image: "app:1.0", resources }, { "edgefirst.dev/exempt.workload-probes": "it only sleeps; owner=ann; until=never" });
      route("quiet");`,
      ["preview"],
    );
    assert.equal(code, 0, output);
    assert.deepEqual(violations(output, "mandatory"), []);
    assert.match(output, /\[remediate\] +route-monitoring +\(1 resource\)/);
    assert.match(output, /Exempt: workload-probes 1\./);
  });

  it("fails a program that breaks rules about one object and about several, with the stack's settings", async () => {
    const policies = { "image-pinned": { requireDigest: true }, resources: "disabled" };
    writeFileSync(
      join(dir, "project/Pulumi.test.yaml"),
      JSON.stringify({ config: { "edgefirst:policies": policies } }),
    );
    const { code, output } = await run(
      `
      pod("bad", { image: "app:1.0" }, { "edgefirst.dev/exempt.resources": "no end; owner=ann" });
      pod("exempt", { image: "app:1.0", ...probes }, { "edgefirst.dev/exempt.image-pinned": "built by hand; owner=ann; until=never" });
      route("one", { "gatus.home-operations.com/enabled": "true", "gatus.home-operations.com/endpoint": "name: same" });
      route("two", { "gatus.home-operations.com/enabled": "true", "gatus.home-operations.com/endpoint": "name: same" });`,
      ["preview"],
    ).finally(() => {
      rmSync(join(dir, "project/Pulumi.test.yaml"));
    });
    assert.notEqual(code, 0, output);
    // The engine registers the routes in any order, and the first one to use a key is in order.
    const found = violations(output, "mandatory").map((line) =>
      line.replace(/HTTPRoute: (one|two)$/, "HTTPRoute"),
    );
    assert.deepEqual(found, [
      "exemption kubernetes:core/v1:Pod: bad",
      "gatus-endpoints kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
      "image-pinned kubernetes:core/v1:Pod: bad",
      "workload-probes kubernetes:core/v1:Pod: bad",
    ]);
    assert.match(output, /The endpoint key \S+ is also used by .*\b(one|two)\b/);
    assert.match(output, /spec\.containers\[0\]\.image: The image app:1\.0 has no digest/);
    assert.doesNotMatch(output, / resources +\(/);
    assert.match(output, /Exempt: image-pinned 1\./);
  });

  it("reads the upstream stacks and the override from the configuration: an override without an expiry is an error, a valid one is reported", async () => {
    const configured = (override: object): void => {
      const config = { "edgefirst:after": ["edge"], "edgefirst:override": override };
      writeFileSync(join(dir, "project/Pulumi.test.yaml"), JSON.stringify({ config }));
    };
    try {
      configured({ reason: "the fix cannot wait" });
      const refused = await run("", ["preview"]);
      assert.notEqual(refused.code, 0, refused.output);
      assert.match(refused.output, /\[mandatory\].* rollout-order /);
      assert.match(refused.output, /spec\.override: The gate override has no expiry date\./);

      configured({ reason: "the fix cannot wait", expires: "2999-01-01T00:00:00Z" });
      const passed = await run("", ["preview"]);
      assert.equal(passed.code, 0, passed.output);
      assert.match(passed.output, /The gate is overridden until 2999-01-01T00:00:00Z: the fix cannot wait\./);
    } finally {
      rmSync(join(dir, "project/Pulumi.test.yaml"));
    }
  });

  it("reports an unknown value as not evaluated in a preview, and evaluates it in the update", async () => {
    const program = `
      const map = new k8s.core.v1.ConfigMap("map", { metadata: { namespace: "media" }, data: {} }, options);
      pod("later", { image: map.id.apply(() => "app:latest"), ...probes, resources });`;
    const before = await run(program, ["preview"]);
    assert.equal(before.code, 0, before.output);
    assert.deepEqual(
      violations(before.output, "advisory").filter((line) => line.startsWith("image-pinned")),
      ["image-pinned kubernetes:core/v1:Pod: later"],
    );
    assert.match(before.output, /Not evaluated: spec\.containers\[0\]\.image/);
    assert.match(before.output, /Not evaluated: 2 checks, 2 mandatory \(gatus-endpoints 1, image-pinned 1\)/);
    const update = await run(program, ["up", "--yes", "--skip-preview"]);
    assert.notEqual(update.code, 0, update.output);
    assert.deepEqual(violations(update.output, "mandatory"), ["image-pinned kubernetes:core/v1:Pod: later"]);
  });
});
