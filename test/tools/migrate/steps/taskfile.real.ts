import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import { taskfile } from "../../../../tools/migrate/steps/taskfile/step.ts";
import { writeChanges } from "../../../../tools/migrate/write.ts";
import { resolveProgram } from "../../../../tools/toolchain/resolve.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/migrate/taskfile");
/** Reduces the Taskfiles as far as possible. */
const REDUCE = "taskfile: { includes: [kubernetes, flux, sops], keep: [default] }\n";

/** Tasks that the step rewrites from scratch. */
const REWRITTEN = new Set(["flux:verify", "flux:sync"]);

/** What the include `kubernetes`, which stays, says in each repository, and what it reaches in the other Taskfiles. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "flattened includes": {
    "Taskfile.yaml": root("tools: { taskfile: .tasks/tools, flatten: true }"),
    ".tasks/kubernetes/Taskfile.yaml": tasks("apply: { cmds: [{ task: ':need' }] }"),
    ".tasks/tools/Taskfile.yaml": tasks("need: echo need", "unused: echo unused"),
  },
  "aliases of includes and tasks": {
    "Taskfile.yaml": root("volsync: { taskfile: .tasks/volsync, aliases: [vs] }"),
    ".tasks/kubernetes/Taskfile.yaml": tasks("apply: { deps: [':vs:s'] }"),
    ".tasks/volsync/Taskfile.yaml": tasks("snapshot: { aliases: [s], cmd: echo snapshot }"),
  },
  wildcards: {
    "Taskfile.yaml": root("wait: .tasks/wait"),
    ".tasks/kubernetes/Taskfile.yaml": tasks("apply: { cmds: [{ task: ':wait:for:apps' }] }"),
    ".tasks/wait/Taskfile.yaml": tasks("'for:*': { vars: { N: '{{index .MATCH 0}}' }, cmd: 'echo {{.N}}' }"),
  },
  "paths with templates": {
    "Taskfile.yaml": `${root("talos: '.tasks/{{.DIR}}'")}vars:\n  DIR: talos\n`,
    ".tasks/kubernetes/Taskfile.yaml": tasks("apply: { cmds: [{ task: ':talos:health' }] }"),
    ".tasks/talos/Taskfile.yaml": tasks("health: echo health"),
  },
  loops: {
    "Taskfile.yaml": root("one: .tasks/one", "two: .tasks/two", "three: .tasks/three"),
    ".tasks/kubernetes/Taskfile.yaml": tasks(
      "apply: { cmds: [{ for: [one, two], task: ':{{.ITEM}}:run' }] }",
      "all: { deps: [{ for: { var: NAMES }, task: ':{{.ITEM}}:run' }], vars: { NAMES: 'three' } }",
      "pairs: { cmds: [{ for: { matrix: { A: [one], B: [run] } }, task: ':{{.ITEM.A}}:{{.ITEM.B}}' }] }",
    ),
    ...Object.fromEntries(
      ["one", "two", "three"].map((name) => [`.tasks/${name}/Taskfile.yaml`, tasks(`run: echo ${name}`)]),
    ),
  },
  "several tasks in one command": {
    "Taskfile.yaml": root("lint: .tasks/lint", "check: .tasks/check", "late: .tasks/late"),
    ".tasks/kubernetes/Taskfile.yaml": tasks(
      "apply: task -s lint:yaml check:all && task --dir . late:last FORCE=1 -- lint:none",
    ),
    ".tasks/lint/Taskfile.yaml": tasks("yaml: echo yaml", "none: echo none"),
    ".tasks/check/Taskfile.yaml": tasks("all: echo all"),
    ".tasks/late/Taskfile.yaml": tasks("last: echo last"),
  },
  "deferred calls, conditions and nested includes": {
    "Taskfile.yaml": root("outer: .tasks/outer", "clean: .tasks/clean"),
    ".tasks/kubernetes/Taskfile.yaml": tasks(
      "apply: { cmds: [{ defer: { task: ':clean:up' } }, { task: ':outer:inner:go' }] }",
    ),
    ".tasks/clean/Taskfile.yaml": tasks("up: echo up"),
    ".tasks/outer/Taskfile.yaml": `version: "3"\nincludes:\n  inner: { taskfile: ./inner, internal: true }\n${tasks("own: echo own").replace(/^version.*\n/, "")}`,
    ".tasks/outer/inner/Taskfile.yaml": tasks("go: { cmds: [{ task: next }] }", "next: echo next"),
  },
  "one file under two names": {
    "Taskfile.yaml": root("a: { taskfile: .tasks/docs, vars: { D: a } }", "b: { taskfile: .tasks/docs }"),
    ".tasks/kubernetes/Taskfile.yaml": tasks("apply: { cmds: [{ task: ':b:show' }] }"),
    ".tasks/docs/Taskfile.yaml": tasks("show: echo {{.D}}"),
  },
  "conditions in names": {
    "Taskfile.yaml": root("one: .tasks/one", "two: .tasks/two", "three: .tasks/three"),
    ".tasks/kubernetes/Taskfile.yaml": tasks(
      "apply: { cmds: [{ task: ':{{if .X}}one:run{{else}}two:run{{end}}' }, 'task three:{{if .X}}run{{else}}other{{end}}'] }",
    ),
    ...Object.fromEntries(
      ["one", "two", "three"].map((name) => [`.tasks/${name}/Taskfile.yaml`, tasks(`run: echo ${name}`)]),
    ),
  },
  "the default task of an include": {
    "Taskfile.yaml": root("backup: .tasks/backup"),
    ".tasks/kubernetes/Taskfile.yaml": tasks("apply: { cmds: [{ task: ':backup' }] }"),
    ".tasks/backup/Taskfile.yaml": tasks("default: { cmds: [{ task: run }] }", "run: echo run"),
  },
  "variables that are read by their names": {
    "Taskfile.yaml": root("lists: .tasks/lists"),
    ".tasks/kubernetes/Taskfile.yaml": tasks(
      "apply: { cmds: [{ for: { var: LIST }, cmd: 'echo {{.ITEM}}' }] }",
      "need: { requires: { vars: [LIST] }, cmd: echo need }",
      "copy: { vars: { L: { ref: .LIST } }, cmd: 'echo {{.L}}' }",
      "pairs: { cmds: [{ for: { matrix: { L: { ref: .LIST } } }, cmd: 'echo {{.ITEM.L}}' }] }",
    ),
    ".tasks/lists/Taskfile.yaml": `${tasks("go: echo go")}vars: { LIST: [one, two] }\n`,
  },
  "variables of nested files, and those that the root sets too": {
    "Taskfile.yaml": `${root("outer: .tasks/outer")}vars: { X: root }\n`,
    ".tasks/kubernetes/Taskfile.yaml": tasks("apply: 'echo {{.DEEP}} {{.X}}'"),
    ".tasks/outer/Taskfile.yaml": `${tasks("go: echo go")}includes: { inner: ./inner }\n`,
    ".tasks/outer/inner/Taskfile.yaml": `${tasks("go: echo go")}vars: { DEEP: deep, X: inner }\n`,
  },
  "the environment of all tasks": {
    "Taskfile.yaml": root("settings: .tasks/settings"),
    ".tasks/kubernetes/Taskfile.yaml": tasks(
      "apply: { vars: { V: { sh: 'echo $CONTEXT' } }, cmd: 'echo {{.V}}' }",
    ),
    ".tasks/settings/Taskfile.yaml": `${tasks("go: echo go")}env: { CONTEXT: main }\n`,
  },
};

function root(...includes: readonly string[]): string {
  const lines = ["kubernetes: .tasks/kubernetes", ...includes].map((line) => `  ${line}\n`).join("");
  return `version: "3"\nincludes:\n${lines}tasks:\n  default: task --list\n`;
}

function tasks(...entries: readonly string[]): string {
  return `version: "3"\ntasks:\n${entries.map((entry) => `  ${entry}\n`).join("")}`;
}

/** Too slow for `npm test`, which would have to build Task: `npm run test:real`. */
describe("the real Task, on Taskfiles that the step has reduced", function () {
  this.timeout(300_000);
  let program: string;
  let copy: string;

  before(async () => {
    program = (await resolveProgram("task", { progress: () => undefined })).path;
  });
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), "edgefirst-task-"));
  });
  afterEach(() => {
    rmSync(copy, { recursive: true });
  });

  for (const [name, files] of Object.entries(KINDS))
    it(`runs what stays as before: ${name}`, async () => {
      for (const [path, text] of Object.entries({ ...files, ".edgefirst/migrate.yaml": REDUCE })) {
        mkdirSync(dirname(join(copy, path)), { recursive: true });
        writeFileSync(join(copy, path), text);
      }
      const { staying, failing } = await compare();
      assert.ok(staying.includes("kubernetes:apply"), staying.join());
      assert.deepEqual(failing, []);
    });

  for (const name of ["called", "defaults", "remove"])
    it(`runs what stays as before: the fixture ${name}`, async () => {
      cpSync(join(FIXTURES, name, "before"), copy, { recursive: true });
      const { staying } = await compare();
      assert.ok(staying.includes("default"), staying.join());
    });

  it("runs the new tasks only where the replaced one would run, and in its place", async () => {
    cpSync(join(FIXTURES, "defaults/after"), copy, { recursive: true });
    for (const name of ["flux:verify", "flux:r", "flux:sync"])
      assert.match(await run("--dry", name), /^exit \d+: .*missing required variables: cluster/s, name);
    assert.match(await run("flux:verify", "cluster=main"), /^exit \d+: .*Missing kubeconfig/s);
    writeFileSync(join(copy, "kubeconfig"), "");
    writeFileSync(join(copy, ".taskfiles/flux/kubeconfig"), "");
    assert.match(
      await run("--dry", "flux:verify", "cluster=main"),
      /flux --context main reconcile .* --with-source/,
    );
  });

  /** Runs the step, and compares each task that stays: its line in the list, and what it would run. */
  async function compare(): Promise<{
    readonly staying: readonly string[];
    readonly failing: readonly string[];
  }> {
    const before = await listed();
    const plans = new Map<string, string>();
    for (const task of before.keys()) plans.set(task, await planned(task));
    const repository = new Repository(copy);
    const clusters = buildClusters(repository);
    const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
    const { plan } = runStep(taskfile, context);
    writeChanges(repository, plan.changes);
    const after = [...(await listed())].filter(([task]) => !REWRITTEN.has(task));
    for (const [task, line] of after) {
      assert.equal(line, before.get(task));
      assert.equal(await planned(task), plans.get(task), task);
    }
    const staying = after.map(([task]) => task);
    return { staying, failing: staying.filter((task) => (plans.get(task) ?? "").startsWith("exit ")) };
  }

  /** Each task and its description, as `task --list-all` shows them. */
  async function listed(): Promise<ReadonlyMap<string, string>> {
    const { tasks: all } = JSON.parse(await run("--list-all", "--json")) as {
      readonly tasks: readonly {
        readonly name: string;
        readonly desc: string;
        readonly aliases: readonly string[];
      }[];
    };
    return new Map(all.map(({ name, desc, aliases }) => [name, JSON.stringify([name, desc, aliases])]));
  }

  /** What a task would run. */
  function planned(task: string): Promise<string> {
    return run("--dry", task.replace("*", "any"));
  }

  function run(...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: copy, TMPDIR: tmpdir(), NO_COLOR: "1" };
    return new Promise((resolve) => {
      execFile(program, args, { cwd: copy, env }, (error, stdout, stderr) => {
        resolve(error === null ? `${stdout}${stderr}` : `exit ${String(error.code)}: ${stderr}`);
      });
    });
  }
});
