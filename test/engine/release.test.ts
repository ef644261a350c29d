import assert from "node:assert/strict";
import { join } from "node:path";
import { releaseHash, releaseInputs } from "../../staging/release.ts";
import { Engine, gatewayApiDirectory, PROJECT, expectSuccess } from "../support/engine.ts";
import { recordedFiles, recordingEnv } from "../support/recorded-files.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

/** Files of the project that a preview reads but that are not part of the release, with the reason for each. */
const NOT_RELEASED = [
  // Node reads from it how to load modules; the release includes those fields.
  "package.json",
  // The pinned packages; the release includes those that the program loads.
  "package-lock.json",
  // Pulumi's Node host looks for npm's settings before it runs the program, which never sees them.
  ".npmrc",
  // They only check that Node runs TypeScript, turn its compile cache on, and keep the SDK from loading what it does not need.
  "main.js",
  "lib/typescript-support.cjs",
  "lib/lazy-packages.cjs",
  "lib/preload.cjs",
];

describe("engine: what a release covers", function () {
  this.timeout(120_000);
  const clusters = useSandbox("edge");
  let engine: Engine;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    engine = await Engine.create();
    await engine.stack("edge", {
      cluster: { context: "edge", kubeconfig: clusters.sandbox.kubeconfig },
      gatewayApi: { source: await gatewayApiDirectory() },
      gateways: [{ name: "external", namespace: "network", className: "traefik" }],
      gatus: {
        install: true,
        hostname: "status.example.com",
        endpoints: [{ name: "a", url: "https://example.com", conditions: ["[STATUS] == 200"] }],
      },
    });
  });

  it("covers what a real preview loads and reads, and its hash is the stack's output", async () => {
    const record = join(engine.dir, "recorded.txt");
    const args = ["preview", "--non-interactive", "--color", "never", "--stack", "edge"];
    const run = await engine.run(args, recordingEnv(record));
    await expectSuccess(run);
    assert.ok(run.output.includes(releaseHash(PROJECT)), run.output);
    const { files } = recordedFiles(record, PROJECT);
    const inputs = new Set(releaseInputs(PROJECT).files);
    const others = [...files].filter(
      (file) =>
        !inputs.has(file) &&
        !NOT_RELEASED.includes(file) &&
        !file.startsWith(".git/") &&
        !file.startsWith("test/support/"),
    );
    assert.deepEqual(others, []);
    assert.ok(files.has("release.yaml") && files.has("staging/gate.ts"), "the recording itself works");
  });
});
