import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { githubWorkflow } from "../tools/rollout/export-github.ts";
import { executablesOnPath } from "../tools/toolchain/executable.ts";
import { resolveProgram } from "../tools/toolchain/resolve.ts";
import { skip } from "./support/skip.ts";
import { temporaryDirectory } from "./support/temporary.ts";

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly environment?: string;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FLUX = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec: { path: ./apps, prune: true, sourceRef: { kind: GitRepository, name: fleet, namespace: flux-system } }
`;

const STACKS = [
  { name: "edge", after: [] },
  { name: "main", after: ["edge"] },
];
const EXPORTED = githubWorkflow({ stacks: STACKS, branch: "main", contexts: new Map() });

const DIRECTORY = join(import.meta.dirname, "../.github/workflows");
const COMMITTED = readdirSync(DIRECTORY).map((file) => readFileSync(join(DIRECTORY, file), "utf8"));

describe("secrets in workflows, committed and exported", () => {
  const workflows = [...COMMITTED, EXPORTED].map((text) => parseDocument(text).toJS() as Workflow);

  it("never reach a pull request from a fork, even if a repository sends its secrets to those", () => {
    const sameRepository = "github.event.pull_request.head.repo.full_name == github.repository";
    for (const { on, jobs } of workflows)
      for (const [name, job] of Object.entries(jobs)) {
        const usesSecrets = JSON.stringify(job).includes("secrets.");
        assert.equal(job.environment !== undefined, usesSecrets, name);
        if (!usesSecrets || !("pull_request" in on)) continue;
        assert.match(job.if ?? "", /^[^|]*&& \(github\.event_name == 'push' \|\| [^|]*\)$/, name);
        assert.ok(job.if?.includes(`|| ${sameRepository})`), name);
      }
    assert.deepEqual(Object.keys(workflows.at(-1)?.on ?? {}), ["push", "workflow_dispatch"]);
  });

  it("of a rollout are in environments that no pull request can use", () => {
    const environmentsOf = (all: readonly Workflow[], step: RegExp): (string | undefined)[] =>
      all
        .flatMap(({ jobs }) => Object.values(jobs))
        .filter(({ steps }) => steps.some(({ run }) => step.test(run ?? "")))
        .map(({ environment }) => environment);
    const previews = environmentsOf(workflows.slice(0, -1), /pulumi preview/);
    const rollouts = environmentsOf(workflows.slice(-1), /rollout --only "\$STACK" --yes/);
    assert.deepEqual(previews, ["${{ matrix.stack }}"]);
    assert.deepEqual(new Set(rollouts), new Set(["rollout-${{ matrix.stack }}"]));
  });
});

for (const file of readdirSync(DIRECTORY))
  describe(`workflow ${file}`, () => {
    const text = readFileSync(join(DIRECTORY, file), "utf8");
    const document = parseDocument(text);
    const workflow = document.toJS() as Workflow;
    const jobs = Object.entries(workflow.jobs);

    it("is YAML, and is not run with secrets for pull requests from forks", () => {
      assert.deepEqual(document.errors, []);
      assert.ok(!("pull_request_target" in workflow.on) && !("workflow_run" in workflow.on));
    });

    it("pins every action by its commit, with the version next to it", () => {
      const uses = text.split("\n").filter((line) => /\buses:/.test(line));
      const steps = jobs.flatMap(([, { steps }]) => steps.filter((step) => step.uses !== undefined));
      assert.ok(uses.length > 0 && uses.length === steps.length);
      for (const line of uses)
        assert.match(line, /^\s+(?:- )?uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it("gives no right to all jobs, and to each job what it needs and no more", () => {
      assert.deepEqual(workflow.permissions, {});
      for (const [name, { permissions }] of jobs) {
        assert.ok(permissions, `${name} names no permissions`);
        const written = Object.keys(permissions).filter((key) => permissions[key] !== "read");
        const uploads = workflow.jobs[name]?.steps.some(({ uses }) => uses?.includes("/upload-sarif@"));
        const comments = workflow.jobs[name]?.steps.some(({ run }) => run?.includes("/comments"));
        const needed = [
          ...(uploads === true ? ["security-events"] : []),
          ...(comments === true ? ["pull-requests"] : []),
        ];
        assert.deepEqual(written, needed, name);
      }
    });

    it("leaves no token behind in a checkout, and no job to run for hours", () => {
      for (const [name, job] of jobs) {
        assert.ok((job["timeout-minutes"] ?? 360) <= 30, `${name} has no time limit`);
        for (const { uses, with: inputs } of job.steps)
          if (uses?.startsWith("actions/checkout@") === true)
            assert.equal(inputs?.["persist-credentials"], false, name);
      }
    });

    it("audits the dependencies, weekly as well, before any script of theirs has run", () => {
      const runs = workflow.jobs.audit?.steps.map((step) => step.run ?? "") ?? [];
      assert.deepEqual(
        runs.filter((run) => run.startsWith("npm")),
        ["npm ci --ignore-scripts", "npm audit", "npm audit signatures"],
      );
      assert.ok("schedule" in workflow.on);
    });

    it("lints a pull request next to its base, in the same words for both reports", () => {
      const dir = temporaryDirectory("workflow-");
      const claim = (namespace: string): string =>
        `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data, namespace: ${namespace} }\n`;
      symlinkSync(join(DIRECTORY, "../.."), join(dir, "edgefirst"));
      for (const [checkout, namespace] of Object.entries({ gitops: "apps", before: "media" })) {
        mkdirSync(join(dir, checkout, "apps"), { recursive: true });
        writeFileSync(join(dir, checkout, "flux.yaml"), FLUX);
        writeFileSync(join(dir, checkout, "apps/claim.yaml"), claim(namespace));
      }
      const step = workflow.jobs.lint?.steps.find(({ name }) => name === "Lint");
      const { status, stdout, stderr } = spawnSync("bash", ["-e", "-c", step?.run ?? ""], {
        cwd: dir,
        encoding: "utf8",
      });
      assert.equal(status, 1, stderr);
      assert.match(
        stdout,
        /This object used to be PersistentVolumeClaim media\/data\. Flux deletes that one.* {2}prune-guard/,
      );
      assert.match(readFileSync(join(dir, "lint.sarif"), "utf8"), /"ruleId": "prune-guard"/);
      const base = workflow.jobs.lint?.steps.find(({ with: inputs }) => inputs?.path === "before");
      assert.equal(base?.with?.ref, "${{ github.event.pull_request.base.sha }}");
      assert.match(base.if ?? "", /^github\.event_name == 'pull_request' && vars\.GITOPS_REPOSITORY == ''$/);
    });

    it("hands no expression to a shell, where a name could become a command", () => {
      for (const [, { steps }] of jobs)
        for (const step of steps) assert.ok(!String(step.run).includes("${{"));
    });
  });

describe("workflows, committed and exported, as other programs read them", function () {
  this.timeout(60_000);
  const directory = temporaryDirectory("edgefirst-workflows-");
  const files = (): string[] => readdirSync(directory).map((file) => join(directory, file));
  before(() => {
    for (const file of readdirSync(DIRECTORY))
      writeFileSync(join(directory, file), readFileSync(join(DIRECTORY, file)));
    writeFileSync(join(directory, "rollout.yaml"), EXPORTED);
  });

  it("actionlint finds nothing", async () => {
    const { path } = await resolveProgram("actionlint", { progress: () => undefined });
    const { status, stdout, stderr } = spawnSync(path, ["-no-color", ...files()], { encoding: "utf8" });
    assert.equal(status, 0, `${stdout}${stderr}`);
    writeFileSync(join(directory, "wrong.yaml"), EXPORTED.replace("matrix.stack", "matrix.stock"));
    const wrong = spawnSync(path, ["-no-color", join(directory, "wrong.yaml")], { encoding: "utf8" });
    rmSync(join(directory, "wrong.yaml"));
    assert.match(wrong.stdout, /property "stock" is not defined/);
  });

  it("zizmor finds nothing", function () {
    const [path] = executablesOnPath("zizmor", process.env);
    if (path === undefined) skip(this, "zizmor is not on PATH");
    const args = ["--offline", "--no-progress", "--color", "never", ...files()];
    const { status, stdout, stderr } = spawnSync(path, args, { encoding: "utf8" });
    assert.equal(status, 0, `${stdout}${stderr}`);
  });
});
