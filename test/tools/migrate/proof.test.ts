import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { prove } from "../../../tools/migrate/proof.ts";
import { runStep, runSteps } from "../../../tools/migrate/run.ts";
import { writeChanges } from "../../../tools/migrate/write.ts";
import {
  noChangeAllowed,
  type FileChange,
  type Step,
  type StepContext,
} from "../../../tools/migrate/step.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../..");
const FIXTURE = join(ROOT, "test/fixtures/migrate/components/refused/before");
const RELEASE = "kubernetes/apps/c/release.yaml";
const KUSTOMIZATION = "kubernetes/apps/c/kustomization.yaml";

function contextOf(repository: Repository): StepContext {
  const clusters = buildClusters(repository);
  return { repository, clusters, selected: () => true, options: readOptions(repository) };
}

const messages = ({ failures }: ReturnType<typeof prove>["proof"]): string =>
  failures.map(({ message }) => message).join("\n");

const stepWith = (changes: readonly FileChange[], whyForbidden = noChangeAllowed): Step => ({
  id: "test",
  title: "A step of the test",
  risk: { level: "low", phrase: "none" },
  live: [],
  plan: () => ({ changes, notes: [] }),
  whyForbidden,
});

describe("the proof of a migration", () => {
  const root = temporaryDirectory("edgefirst-proof-");
  let release: string;

  before(() => {
    cpSync(FIXTURE, root, { recursive: true });
    release = readFileSync(join(root, RELEASE), "utf8");
  });

  const run = (step: Step): ReturnType<typeof prove> => {
    const context = contextOf(new Repository(root));
    return prove(step, context, step.plan(context));
  };
  const hourly = (): FileChange => ({ path: RELEASE, text: release.replace("30m", "1h") });

  it("fails and names the object and field if a step changes something else", () => {
    const { proof } = run(stepWith([hourly()]));
    assert.equal(proof.status, "fails");
    assert.equal(proof.failures.length, 1);
    assert.match(
      proof.failures[0]?.message ?? "",
      /HelmRelease c\/c \(spec\.interval\): this step must not change any object/,
    );
  });

  it("is about the same repository if a step changes nothing, so that what is known about it stays known", () => {
    const context = contextOf(new Repository(root));
    assert.equal(prove(stepWith([]), context, { changes: [], notes: [] }).after, context.repository);
  });

  it("holds for the intended changes, and lists them", () => {
    const intended = stepWith([hourly()], (before, after) =>
      before?.object.kind === "HelmRelease" && after ? undefined : "not mine",
    );
    const { proof } = run(intended);
    assert.deepEqual(
      [proof.status, proof.intended.map(({ fields }) => fields)],
      ["holds", [["spec.interval"]]],
    );
  });

  it("fails for a removed object, and for one that no longer builds", () => {
    const gone = run(stepWith([{ path: KUSTOMIZATION, text: "namespace: c\nresources: []\n" }]));
    assert.match(messages(gone.proof), /HelmRelease c\/c \(removed\)/);
    const broken = run(stepWith([{ path: RELEASE, text: undefined }]));
    assert.match(messages(broken.proof), /does not exist|release\.yaml/);
  });

  it("is unproven if a changed file cannot be built, and names the construct", () => {
    writeFileSync(
      join(root, "kubernetes/apps/b/kustomization.yaml"),
      "components: [https://example.com/far]\nnamespace: b\nresources: [own.yaml]\n",
    );
    const own = "kubernetes/apps/b/own.yaml";
    writeFileSync(join(root, own), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: own\n");
    const { proof } = run(
      stepWith(
        [{ path: own, text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n" }],
        () => undefined,
      ),
    );
    assert.equal(proof.status, "unproven");
    assert.match(
      proof.gaps.join("\n"),
      /own\.yaml: not proven, because .*kustomization\.yaml:1 cannot be built: .*example\.com/,
    );
    cpSync(FIXTURE, root, { recursive: true, force: true });
  });

  it("of a step starts from the result of the previous one", () => {
    const second: Step = {
      ...stepWith([]),
      plan: ({ repository }) => {
        const text = fileText(repository, RELEASE) ?? "";
        return { changes: [{ path: RELEASE, text: text.replace("1h", "60m") }], notes: [] };
      },
      whyForbidden: () => undefined,
    };
    const [, result] = runSteps(
      [stepWith([hourly()], () => undefined), second],
      contextOf(new Repository(root)),
    );
    assert.equal(result?.plan.changes.length, 1);
    assert.equal(readFileSync(join(root, RELEASE), "utf8"), release);
  });

  it("writes none of a step's files if one of them has changed since the step was planned", () => {
    const repository = new Repository(root);
    const { plan } = runStep(
      stepWith([{ path: "new.yaml", text: "a: 1\n" }, hourly()], () => undefined),
      contextOf(repository),
    );
    writeFileSync(join(root, RELEASE), `${release}# by hand\n`);
    assert.throws(() => {
      writeChanges(repository, plan.changes);
    }, EdgefirstError);
    assert.equal(new Repository(root).isFile("new.yaml"), false);
    writeFileSync(join(root, RELEASE), release);
  });
});

describe("edgefirst migrate, the command", function () {
  this.timeout(60_000);
  let root: string;

  beforeEach(() => {
    root = temporaryDirectory("edgefirst-migrate-cli-");
    cpSync(join(ROOT, "test/fixtures/migrate/taskfile/essential/before"), root, { recursive: true });
  });

  const migrate = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(ROOT, "tools/cli/main.ts"), "migrate", ...args], { encoding: "utf8" });

  it("shows the diff without writing; with --write it writes, and a second run finds nothing to do", () => {
    const shown = migrate("taskfile", root);
    assert.deepEqual([shown.status, shown.stderr], [0, ""]);
    assert.match(shown.stdout, /^- {2}disks: \.taskfiles\/Disks$/m);
    assert.match(readFileSync(join(root, "Taskfile.yaml"), "utf8"), /disks/);
    assert.equal(migrate("taskfile", root, "--write").status, 0);
    assert.doesNotMatch(readFileSync(join(root, "Taskfile.yaml"), "utf8"), /disks/);
    assert.match(migrate("taskfile", root).stdout, /^taskfile: 0 files\. Nothing to do\./m);
  });

  it("exits with 1 under --strict, and with 2 for an unknown step or invalid options", () => {
    assert.equal(migrate("taskfile", root, "--strict", "--json").status, 1);
    const unknown = migrate("everything", root);
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /There is no step everything\..*taskfile/s);
    mkdirSync(join(root, ".edgefirst"), { recursive: true });
    writeFileSync(join(root, ".edgefirst/migrate.yaml"), "taskfile:\n  keeps: []\n");
    const wrong = migrate(root);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /\.edgefirst\/migrate\.yaml is invalid: taskfile: .*keeps/);
  });

  it("only changes files that --only selects", () => {
    assert.equal(migrate("taskfile", root, "--only", ".taskfiles/**", "--write").status, 0);
    assert.match(readFileSync(join(root, "Taskfile.yaml"), "utf8"), /disks/);
    assert.match(readFileSync(join(root, ".taskfiles/Flux/Taskfile.yaml"), "utf8"), /verify:/);
  });
});
