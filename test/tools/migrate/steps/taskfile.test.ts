import assert from "node:assert/strict";
import { repositoryOf } from "../../../support/rendering.ts";
import { reconcileCommand } from "../../../../tools/migrate/steps/taskfile/reconcile-command.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { essentialOf } from "../../../../tools/migrate/steps/taskfile/essential.ts";
import { mentionsIn } from "../../../../tools/migrate/steps/taskfile/mentions.ts";
import { readTaskfiles } from "../../../../tools/migrate/steps/taskfile/taskfiles.ts";
import { taskfile } from "../../../../tools/migrate/steps/taskfile/step.ts";
import { kustomization, messages, resultOf, written, type Files } from "../planning.ts";
import { callsIn, mayMean } from "../../../../tools/migrate/steps/taskfile/calls.ts";

const names = (command: string): readonly string[] => callsIn(command).map(({ name }) => name);

describe("the calls of a Taskfile", () => {
  it("include every name in one shell command", () => {
    assert.deepEqual(names("task flux:lint flux:test && go-task other; echo task"), [
      "flux:lint",
      "flux:test",
      "other",
    ]);
  });

  it("exclude options and their values, variables, and everything after --", () => {
    assert.deepEqual(names("task --silent -C 2 build FORCE=1 -- not:this"), ["build"]);
    assert.deepEqual(names("task -l"), []);
  });

  it("include names with digits and slashes, and Task's own variable for itself", () => {
    assert.deepEqual(names("task 1password:sync k8s/ops:drain && {{.TASK_EXE}} one"), [
      "1password:sync",
      "k8s/ops:drain",
      "one",
    ]);
    assert.deepEqual(names('"{{ .TASK_EXE }}" one'), ["one"]);
  });

  it("mean tasks in any namespace if they select another Taskfile", () => {
    for (const options of ["-d some/dir", "--taskfile=some/Taskfile.yaml", "-t some/Taskfile.yaml"])
      assert.deepEqual(names(`task ${options} build`), ["build", "{{}}:build"]);
  });

  it("include every branch of a condition", () => {
    assert.deepEqual(
      names("task {{if .A}}b:go{{else if .B}}c:{{if .C}}x{{end}}{{else}}d:go{{end}} e").toSorted(),
      ["b:go", "c:", "c:x", "d:go", "e"],
    );
    const calls = callsIn({ task: ":{{if .A}}b:go{{else}}c{{end}}" });
    assert.deepEqual(calls.map(({ name }) => name).toSorted(), [":b:go", ":c"]);
  });

  it("match any task if the name is a variable", () => {
    assert.deepEqual(names('task "$NAME"'), ["{{}}"]);
    assert.ok(mayMean("{{}}", "flux:sync"));
  });

  it("match templates in the call and wildcards in the name", () => {
    assert.ok(mayMean("flux:{{.X}}", "flux:sync"));
    assert.ok(!mayMean("flux:{{.X}}", "talos:sync"));
    assert.ok(mayMean("wait:apps", "wait:*"));
    assert.ok(mayMean("wait:", "wait:*"));
    assert.ok(!mayMean("wait", "wait:*"));
    assert.ok(mayMean("wait:{{.X}}", "wait:*"));
    assert.ok(!mayMean("stop:{{.X}}", "wait:*"));
    assert.ok(!mayMean("a.b", "aXb"));
  });
});

describe("the tasks that a repository's text names", () => {
  /** `file:line name`, with `!` for calls. */
  function mentioned(files: Readonly<Record<string, string>>): readonly string[] {
    const repository = repositoryOf({
      "Taskfile.yaml":
        "includes:\n  talos: talos.yaml\ntasks:\n  init: { cmds: [{ task: 'talos:apply' }] }\n",
      "talos.yaml": "tasks:\n  apply:\n    summary: run talos:apply\n    cmd: echo\n",
      ...files,
    });
    const taskfiles = readTaskfiles(repository);
    assert.ok(taskfiles);
    return mentionsIn(repository, taskfiles).map(
      ({ position, written, isCall }) => `${position.file}:${position.line} ${written}${isCall ? "!" : ""}`,
    );
  }

  it("are found in prose, tables and code", () => {
    assert.deepEqual(
      mentioned({
        "README.md": "# Rebuild\n\nFirst `talos:apply`, then **talos:\\***.\n| talos:apply | x |\n",
        CLAUDE: "all of talos:*\n",
      }),
      ["CLAUDE:1 talos:*", "README.md:3 talos:apply", "README.md:4 talos:apply"],
    );
    assert.deepEqual(mentioned({ "docs/a.txt": "$ task init FORCE=1\n" }), ["docs/a.txt:1 init"]);
  });

  it("are calls in scripts and workflows", () => {
    assert.deepEqual(mentioned({ "ci.yaml": "run: |\n  task init\n" }), ["ci.yaml:2 init!"]);
    assert.deepEqual(mentioned({ run: "#!/bin/sh\ntask init\n" }), ["run:2 init!"]);
  });

  it("do not include images, addresses and paths with the same words", () => {
    const text = "ghcr.io/x/talos:v1.9 talos:v1.9/x https://talos:apply@x ./talos:apply x@talos:apply\n";
    assert.deepEqual(mentioned({ "notes.md": text }), []);
  });

  it("do not include what a Taskfile defines or calls", () => {
    assert.deepEqual(mentioned({}), []);
  });
});

describe("a Taskfile under several names", () => {
  const LIBRARY = "tasks:\n  go: { cmd: echo }\n  idle: { cmd: echo }\n";
  const stayingIn = (files: Readonly<Record<string, string>>, options: string): readonly string[] => {
    const repository = repositoryOf({ ...files, ".edgefirst/migrate.yaml": `taskfile: ${options}\n` });
    const taskfiles = readTaskfiles(repository);
    assert.ok(taskfiles);
    const { tasks } = essentialOf(repository, taskfiles, readOptions(repository).taskfile, new Set());
    return [...tasks.keys()].map(({ name }) => name).toSorted();
  };

  it("stays under the name that a task calls", () => {
    const files = {
      "Taskfile.yaml":
        "includes:\n  a: ./lib.yaml\n  b: ./lib.yaml\n  k: ./k.yaml\ntasks:\n  up: { deps: ['b:go'] }\n",
      "lib.yaml": LIBRARY,
      "k.yaml": "includes: { root: ./Taskfile.yaml }\ntasks:\n  x: { cmd: echo }\n",
    };
    assert.deepEqual(stayingIn(files, "{ includes: [], pruned: [a, b], keep: [up] }"), ["b:go", "up"]);
  });

  const REDUCED = "{ includes: [], keep: [up] }";

  /** The root's task reads or calls something, and the include `lib` has the only task that could be removed. */
  const kept = (up: object, lib: object, more: Readonly<Record<string, string>> = {}): boolean => {
    const files = {
      "Taskfile.yaml": JSON.stringify({
        vars: { X: "root" },
        includes: { lib: "./lib.yaml" },
        tasks: { up },
      }),
      "lib.yaml": JSON.stringify({ tasks: { go: "echo" }, ...lib }),
      ...more,
    };
    return stayingIn(files, REDUCED).includes("lib:go");
  };

  it("stays with a file that cannot be read and that its own file includes", () => {
    const lib = { includes: { inner: "./{{.DIR}}" } };
    assert.ok(kept({ deps: ["lib:inner:go"] }, lib));
    assert.ok(!kept({ deps: ["lib:outer:go"] }, lib));
    assert.ok(
      kept({ deps: ["lib:other"] }, { includes: { inner: { taskfile: "./{{.DIR}}", flatten: true } } }),
    );
    assert.ok(kept({ deps: ["lib:inner:go"] }, { includes: { inner: "https://example.com/Taskfile.yaml" } }));
  });

  it("stays if it sets a variable that others read by its name", () => {
    const lib = { vars: { LIST: ["a"] } };
    for (const up of [
      { cmds: [{ for: { var: "LIST" }, cmd: "echo" }] },
      { requires: { vars: ["LIST"] } },
      { requires: { vars: [{ name: "LIST", enum: ["a"] }] } },
      { vars: { L: { ref: ".LIST" } } },
      { cmds: [{ for: { matrix: { L: { ref: "index .LIST 0" } } }, cmd: "echo" }] },
    ])
      assert.ok(kept(up, lib), JSON.stringify(up));
    assert.ok(!kept({ requires: { vars: ["OTHER"] } }, lib));
  });

  it("stays if one of its files sets a variable that others read, even one that the root sets too", () => {
    assert.ok(kept({ cmd: "echo {{.X}}" }, { vars: { X: "lib" } }));
    assert.ok(!kept({ cmd: "echo {{.X}}" }, { vars: { X: "root" } }));
    const nested = { "inner.yaml": "vars: { DEEP: x }\ntasks: { go: echo }\n" };
    assert.ok(kept({ cmd: "echo {{.DEEP}}" }, { includes: { inner: "./inner.yaml" } }, nested));
    assert.ok(!kept({ cmd: "echo" }, { includes: { inner: "./inner.yaml" } }, nested));
  });

  it("stays if a variable of a whole Taskfile is the output of one of its tasks", () => {
    const lib = { "lib.yaml": "tasks: { go: echo }\n" };
    const root = (list: string): string =>
      `${list}: { V: { sh: task lib:go } }\nincludes: { lib: ./lib.yaml }\ntasks: { up: echo }\n`;
    for (const list of ["vars", "env"]) {
      const files = { ...lib, "Taskfile.yaml": root(list) };
      assert.deepEqual(stayingIn(files, "{ includes: [], keep: [up], remove: [lib] }"), ["lib:go", "up"]);
    }
  });

  it("stays if it sets the environment of all tasks", () => {
    assert.ok(kept({ cmd: "kubectl get pods" }, { env: { KUBECONFIG: "./kubeconfig" } }));
  });

  it("keeps what another Taskfile includes", () => {
    const files = {
      "Taskfile.yaml": "includes:\n  lib: ./lib.yaml\ntasks:\n  up: { cmd: echo }\n  down: { cmd: echo }\n",
      "lib.yaml": LIBRARY,
      "sub/Taskfile.yaml": "includes:\n  other: ../lib.yaml\ntasks:\n  x: { cmds: [{ task: 'other:go' }] }\n",
    };
    const options = "{ includes: [], pruned: [lib], keep: [up] }";
    assert.deepEqual(stayingIn(files, options), ["lib:go", "lib:idle", "up"]);
    const whole = { ...files, "sub/Taskfile.yaml": "includes:\n  all: { taskfile: .. }\n" };
    assert.deepEqual(stayingIn(whole, options), ["down", "up"]);
  });
});

describe("a flux reconcile command", () => {
  const target = "kustomization cluster";

  it("is read with its options in any order", () => {
    const selection = '--context {{.cluster | default "main"}} ';
    const expected = { target, namespace: "flux-system", withSource: true, selection };
    for (const command of [
      `flux ${selection}reconcile -n flux-system ks cluster --with-source`,
      `flux reconcile --with-source kustomization cluster --context={{.cluster | default "main"}}`,
    ])
      assert.deepEqual(reconcileCommand(command), expected, command);
  });

  it("is nothing else: not a pipeline, a second command, an unknown option or another verb", () => {
    for (const command of [
      `flux reconcile ${target} | tee log`,
      `flux reconcile ${target} && flux get all`,
      `flux reconcile ${target}\nflux get all`,
      `flux reconcile ${target} --force`,
      `flux suspend ${target}`,
      `flux reconcile helmrelease app`,
      `sudo flux reconcile ${target}`,
      `flux reconcile kustomization $(name)`,
    ])
      assert.equal(reconcileCommand(command), undefined, command);
  });
});

describe("migrate taskfile: a task that flux:verify replaces", () => {
  const command = "flux reconcile --namespace flux-system kustomization cluster --with-source";
  const after = (fields: string): string => {
    const files = {
      "Taskfile.yaml": "version: '3'\nincludes:\n  flux: ./flux.yaml\n",
      "flux.yaml": `version: '3'\ntasks:\n  reconcile:\n    cmd: ${command}\n${fields}`,
      "flux/sync.yaml": kustomization("cluster", "./flux"),
    };
    const result = resultOf(taskfile, files);
    assert.match(messages(result, "removed").join(), /flux:verify replaces it, and has its name as an alias/);
    return written(result, "flux.yaml");
  };

  it("remains as an alias, after those that it has", () => {
    assert.match(after(""), /^ {2}verify:\n {4}desc: .*\n {4}cmd: .*\n {4}aliases: \[reconcile\]$/m);
    assert.match(
      after("    aliases: [r]\n    silent: true\n"),
      /^ {4}aliases: \[r, reconcile\]\n {4}silent/m,
    );
    assert.match(after("    aliases:\n      - r # short\n"), /^ {6}- r # short\n {6}- reconcile$/m);
    assert.match(after("    aliases: []\n"), /^ {4}aliases: \[reconcile\]$/m);
  });
});

describe("migrate taskfile: tasks named flux:verify and flux:sync", () => {
  const pruning = (fields: object): object => ({
    taskfile: { includes: ["flux"], keep: ["default"], pruned: ["flux"], ...fields },
  });
  /** The keys of the tasks after each of two runs, and what the first one leaves. */
  function twice(
    tasks: string,
    options: object,
  ): { readonly keys: readonly (readonly string[])[]; readonly left: string } {
    const files = (flux: string): Files => ({
      "Taskfile.yaml": "version: '3'\nincludes:\n  flux: ./flux.yaml\n",
      "flux.yaml": flux,
      "flux/sync.yaml": kustomization("cluster", "./flux"),
    });
    const before = `version: '3'\ntasks:\n  hr: flux get hr\n${tasks}`;
    const first = resultOf(taskfile, files(before), options);
    const after = written(first, "flux.yaml") || before;
    const again = written(resultOf(taskfile, files(after), options), "flux.yaml") || after;
    const keysOf = (text: string): readonly string[] =>
      [...text.matchAll(/^ {2}(\w+):/gm)].map(([, key = ""]) => key).toSorted();
    return { keys: [after, again].map(keysOf), left: messages(first, "left").join("\n") };
  }

  it("are not pruned, so a second run finds nothing", () => {
    for (const tasks of [
      "",
      "  sync:\n    cmd: flux reconcile source git other\n",
      "  verify: echo\n  sync: echo\n",
    ]) {
      const { keys } = twice(tasks, pruning({}));
      assert.deepEqual(keys, [
        ["sync", "verify"],
        ["sync", "verify"],
      ]);
    }
  });

  it("are named if they do something else", () => {
    const { left } = twice("  sync:\n    cmd: flux reconcile source git other\n", pruning({}));
    assert.match(
      left,
      /task flux:sync is kept as it is: it does not run `flux reconcile --namespace flux-system source git home`/,
    );
    assert.doesNotMatch(twice("  sync:\n    cmd: flux reconcile source git home\n", {}).left, /flux:sync/);
    assert.doesNotMatch(twice("  sync: echo\n", {}).left, /flux:sync/);
  });

  it("are removed if the options say so, and not added again", () => {
    const options = pruning({ remove: ["flux:sync"] });
    assert.deepEqual(twice("  sync: echo\n", options).keys, [["verify"], ["verify"]]);
  });

  it("are not added if a task has the name as an alias, and do not replace each other", () => {
    const aliased = "  fetch:\n    aliases: [sync]\n    cmd: echo\n";
    assert.deepEqual(twice(aliased, {}).keys[1], ["fetch", "hr", "verify"]);
    const root = "flux reconcile --namespace flux-system kustomization cluster --with-source";
    assert.deepEqual(twice(`  sync:\n    cmd: ${root}\n`, {}).keys, [
      ["hr", "sync", "verify"],
      ["hr", "sync", "verify"],
    ]);
  });
});
