import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { migrateInteractively, terminal } from "../../../tools/cli/migrate-interactive.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const FIXTURE = join(import.meta.dirname, "../../fixtures/migrate/pushover/example/before");

describe("edgefirst migrate all --interactive", () => {
  let root: string;
  /** What the last run has printed and asked. */
  let printed: readonly string[];
  /** How often the repository was read. */
  let readings: number;
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", root, ...args], { encoding: "utf8" });

  beforeEach(() => {
    root = temporaryDirectory("edgefirst-interactive-");
    readings = 0;
    cpSync(FIXTURE, root, { recursive: true });
    git("init", "--quiet");
    git("config", "user.name", "test");
    git("config", "user.email", "test@example.com");
    git("add", ".");
    git("commit", "--quiet", "--message", "before");
  });

  /** Runs the step `pushover` with the given answers; resolves to what was printed and asked. */
  const run = (...answers: readonly (string | (() => string))[]): Promise<string> =>
    runSteps(["pushover"], ...answers);

  /** Runs steps with the given answers, each a letter or what else happens while its question is open. */
  async function runSteps(
    ids: readonly string[],
    ...answers: readonly (string | (() => string))[]
  ): Promise<string> {
    const read = () => {
      readings++;
      const repository = new Repository(root);
      const clusters = buildClusters(repository);
      return Promise.resolve({
        repository,
        clusters,
        selected: () => true,
        options: readOptions(repository),
      });
    };
    const steps = ids.map((id) => STEPS.find((step) => step.id === id)).filter((step) => step !== undefined);
    const shown: string[] = [];
    printed = shown;
    const left = [...answers];
    await migrateInteractively(
      steps,
      { root, read },
      {
        print: (text) => void shown.push(text),
        ask: (question) => {
          shown.push(question);
          const answer = left.shift() ?? "q";
          return Promise.resolve(typeof answer === "string" ? answer : answer());
        },
        explain: ({ verdict }) => Promise.resolve(`verdict: ${verdict}\n`),
      },
    );
    return shown.join("");
  }

  it("shows the diff, asks, commits exactly the step's files, and says what to wait for", async () => {
    const shown = await run("what?", "y", "y");
    assert.match(shown, /^\+ .*type: OnNamespaceExceptForAlertmanagerNamespace/m);
    assert.match(shown, /Write and commit pushover\?.*Write and commit pushover\?/s);
    assert.match(shown, /Committed pushover\.\n {2}after: /);
    assert.equal(git("status", "--porcelain"), "");
    assert.match(
      git("log", "-1", "--format=%B"),
      /^Send critical alerts to Pushover\n\nedgefirst migrate pushover/,
    );
    assert.equal(git("show", "--name-only", "--format=", "HEAD").trim().split("\n").length, 3);
  });

  it("writes nothing without a yes", async () => {
    await run("n");
    await run("q");
    assert.equal(git("status", "--porcelain"), "");
    assert.equal(git("rev-list", "--count", "HEAD").trim(), "1");
  });

  it("does not start with uncommitted changes, before it reads anything", async () => {
    writeFileSync(join(root, "flux.yaml"), "a: b\n");
    await assert.rejects(run("y"), /has uncommitted changes: flux\.yaml\./);
    assert.equal(readings, 0);
    writeFileSync(join(root, "more.yaml"), "a: b\n");
    await assert.rejects(run("y"), /has uncommitted changes: flux\.yaml and 1 more\./);
  });

  const elsewhere = (): void => {
    writeFileSync(
      join(root, "elsewhere.yaml"),
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n",
    );
    git("add", ".");
    git("commit", "--quiet", "--message", "of a colleague");
  };

  it("plans a step again if others commit while its question is open", async () => {
    const shown = await run(() => {
      elsewhere();
      return "y";
    }, "n");
    assert.match(shown, /has changed since this was planned\. Nothing was written; this is the new plan/);
    assert.equal(shown.match(/Write and commit pushover\?/g)?.length, 2);
    assert.equal(git("rev-list", "--count", "HEAD").trim(), "2");
  });

  it("reads again what others commit while it waits for the cluster", async () => {
    const shown = await runSteps(
      ["pushover", "pushover"],
      "y",
      () => {
        git("revert", "--no-edit", "HEAD");
        return "y";
      },
      "n",
    );
    assert.equal(shown.match(/Write and commit pushover\?/g)?.length, 2);
  });

  it("commits and continues only without changes of the user's own", async () => {
    const staged = (): string => {
      writeFileSync(join(root, "notes.txt"), "mine\n");
      git("add", "notes.txt");
      return "y";
    };
    await assert.rejects(run(staged), /has uncommitted changes: notes\.txt\./);
    assert.doesNotMatch(printed.join(""), /new plan/);
    assert.equal(readings, 1);
    assert.equal(git("rev-list", "--count", "HEAD").trim(), "1");
    assert.equal(git("status", "--porcelain"), "A  notes.txt\n");
    git("rm", "--quiet", "--cached", "notes.txt");
    rmSync(join(root, "notes.txt"));
    await assert.rejects(runSteps(["pushover", "annotate"], "y", staged), /has uncommitted changes/);
    assert.equal(git("show", "--name-only", "--format=", "HEAD").includes("notes.txt"), false);
  });

  it("names the phase of a step that takes several commits, and waits after it", async () => {
    const moving = join(import.meta.dirname, "../../fixtures/moving");
    git("rm", "-r", "--quiet", ".");
    cpSync(moving, root, { recursive: true });
    git("add", ".");
    git("commit", "--quiet", "--message", "another repository");
    const shown = await runSteps(["namespace", "annotate"], "y", "q");
    assert.match(
      git("log", "-1", "--format=%s"),
      /^Move child Kustomizations to their own namespace: guard\n/,
    );
    assert.match(
      shown,
      /Committed namespace\.\n {2}three commits: .*Push, and wait for this on the cluster/s,
    );
  });

  it("reads one answer per question from a pipe that had all of them at once", async () => {
    const input = new PassThrough();
    input.end("first\nsecond\nthird\n");
    const { ask, close } = terminal(input, new PassThrough());
    const answers: string[] = [];
    for (let question = 0; question < 5; question++) {
      answers.push(await ask("? "));
      // A step takes its time between two questions.
      await setTimeout(20);
    }
    close();
    assert.deepEqual(answers, ["first", "second", "third", "q", "q"]);
  });

  it("takes its answers from a pipe when it runs as a program", () => {
    const cli = join(import.meta.dirname, "../../../tools/cli/main.ts");
    spawnSync(process.execPath, [cli, "migrate", "pushover", root, "--interactive"], {
      input: "y\ny\n",
      encoding: "utf8",
    });
    assert.equal(git("rev-list", "--count", "HEAD").trim(), "2");
  });
});
