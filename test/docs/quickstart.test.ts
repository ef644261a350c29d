import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { pulumiEnvironment } from "../../tools/sandbox/pulumi.ts";
import { sandboxUp } from "../../tools/sandbox/sandbox.ts";
import { gatewayApiDirectory } from "../support/engine.ts";
import { requireRealPods } from "../support/real-pods.ts";
import { discard, temporarySandboxDir } from "../support/sandbox.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { firstDifference } from "./output.ts";
import { runSteps, stepsOf, type Ran } from "./page-run.ts";
import { readTree, ROOT } from "./tree.ts";

/** Two stacks one after the other, on a machine that runs other tests. */
const COMMANDS_MS = 540_000;
const RUN_MS = COMMANDS_MS + 60_000;
/** The line that a checkout with changes adds to `status`; a reader's has none. */
const UNCOMMITTED = /^.*not proven: the checkout had uncommitted changes\n/gm;
/** Path of a file for the output of every command, for editing the page. */
const TRANSCRIPT = process.env.QUICKSTART_TRANSCRIPT;

describe("docs/guides/quickstart.md, on two control planes that it knows only from a kubeconfig", function () {
  this.timeout(RUN_MS);
  const sandboxDir = temporarySandboxDir();
  const dir = temporaryDirectory("quickstart-");
  let ran: Ran[] = [];

  before(async function () {
    await requireRealPods(this, ["traefik", "gatus"]);
    const clusters = ["edge", "main"];
    const { kubeconfig } = await sandboxUp({
      dir: sandboxDir,
      clusters,
      pods: "real",
      progress: () => undefined,
    });
    symlinkSync(ROOT, join(dir, "edgefirst"));
    ran = await runSteps(stepsOf(readTree("docs/guides/quickstart.md")), {
      cwd: dir,
      env: { ...(await readersEnvironment(dir)), KUBECONFIG: kubeconfig },
      timeoutMs: COMMANDS_MS,
    });
    if (TRANSCRIPT !== undefined)
      writeFileSync(TRANSCRIPT, ran.map(({ command, output }) => `$ ${command}\n${output}`).join(""));
  });
  after(async () => {
    await discard(sandboxDir);
  });

  it("every command succeeds", () => {
    const failed = ran.find(({ code }) => code !== 0);
    assert.equal(failed, undefined, `$ ${failed?.command ?? ""}\n${failed?.output ?? ""}`);
    assert.ok(ran.length > 8);
  });

  it("every output is the one on the page, times, hashes and durations apart", () => {
    const different = ran.flatMap(({ command, expected, output }) => {
      const difference = firstDifference(expected, output.replace(UNCOMMITTED, ""));
      return difference === undefined ? [] : [`$ ${command}\n${difference}`];
    });
    assert.deepEqual(different, []);
  });
});

/** The environment of a reader's shell: the Pulumi CLI on PATH, where its installer and the npm package put it; no backend, no passphrase. */
async function readersEnvironment(dir: string): Promise<NodeJS.ProcessEnv> {
  const { env } = await pulumiEnvironment({ dir: join(dir, "pulumi"), progress: () => undefined });
  const home = env.PULUMI_HOME ?? "";
  const { version } = JSON.parse(readTree("node_modules/pulumi/package.json")) as { version: string };
  mkdirSync(join(home, "versions", version), { recursive: true });
  symlinkSync(join(home, "bin"), join(home, "versions", version, "bin"));
  const given = { ...env };
  delete given.PULUMI_BACKEND_URL;
  delete given.PULUMI_CONFIG_PASSPHRASE;
  return {
    ...given,
    PATH: [join(ROOT, "node_modules/.bin"), given.PATH].join(delimiter),
    NO_COLOR: "1",
    // npx keeps a link to the clone there.
    npm_config_cache: join(dir, "npm"),
    GATEWAY_API: await gatewayApiDirectory(),
    NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "github-answers.ts")).href}`,
  };
}
