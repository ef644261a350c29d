import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { STEPS } from "../../../tools/migrate/registry.ts";
import {
  explainVerdict,
  formatMarkdown,
  noteLines,
  reportOf,
  type StepReport,
} from "../../../tools/migrate/report.ts";
import { runStep } from "../../../tools/migrate/run.ts";
import { noChangeAllowed, type FileChange, type Note, type Step } from "../../../tools/migrate/step.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";
import { stepThat } from "./planning.ts";

const ROOT = join(import.meta.dirname, "../../..");

const SOURCE = "sourceRef: { kind: GitRepository, name: home, namespace: flux-system }";
const flux = (name: string, path: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec:
  path: ${path}
  prune: true
  ${SOURCE}
`;
const configMap = (name: string, data = "a: b"): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: apps }\ndata: { ${data} }\n`;

describe("the verdicts of migrate", () => {
  let root: string;

  beforeEach(() => {
    root = temporaryDirectory("edgefirst-verdicts-");
  });

  function write(files: Readonly<Record<string, string>>): void {
    writeFiles(root, files);
  }

  function report(one: Step): StepReport {
    const repository = new Repository(root);
    const clusters = buildClusters(repository);
    const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
    return reportOf(runStep(one, context), repository);
  }

  const app = {
    "flux/apps.yaml": flux("apps", "./apps"),
    "apps/kustomization.yaml": "resources: [one.yaml, two.yaml]\n",
    "apps/one.yaml": configMap("one"),
    "apps/two.yaml": configMap("two"),
  };
  const changed = (name: string): FileChange => ({
    path: `apps/${name}.yaml`,
    text: configMap(name, "a: c"),
  });

  it("is proven for changes that the step may make", () => {
    write(app);
    const { verdict, files } = report(stepThat([changed("one")]));
    assert.deepEqual([verdict, files.length], ["proven", 1]);
  });

  it('is "nothing to do" if nothing changes', () => {
    write(app);
    assert.equal(report(stepThat([])).verdict, "nothing to do");
  });

  it("skips an object that must not change, and changes the others", () => {
    write(app);
    const onlyTwo: Step["whyForbidden"] = (before) =>
      before?.origin.source.file === "apps/two.yaml" ? undefined : "not this one";
    const { verdict, files, notes } = report(stepThat([changed("one"), changed("two")], onlyTwo));
    assert.deepEqual([verdict, files.map(({ path }) => path)], ["proven", ["apps/two.yaml"]]);
    assert.match(notes.map(({ message }) => message).join(), /ConfigMap apps\/one .*: not this one/);
  });

  it("is refused if nothing may change", () => {
    write(app);
    const { verdict, files } = report(stepThat([changed("one")], noChangeAllowed));
    assert.deepEqual([verdict, files], ["refused", []]);
  });

  it("is refused if a failure cannot be traced to a file", () => {
    write(app);
    const moved = { path: "apps/kustomization.yaml", text: "resources: [one.yaml]\n" };
    assert.equal(report(stepThat([moved], noChangeAllowed)).verdict, "refused");
  });

  it("skips a change that would make a file invalid YAML, and makes the others", () => {
    write(app);
    const { verdict, files, notes } = report(
      stepThat([{ path: "apps/one.yaml", text: "a: [\n" }, changed("two")]),
    );
    assert.deepEqual([verdict, files.map(({ path }) => path)], ["proven", ["apps/two.yaml"]]);
    assert.match(notes.map(({ message }) => message).join(), /invalid YAML/);
  });

  it("skips a file to which a step makes two changes, and makes the others", () => {
    write(app);
    const again = { path: "apps/one.yaml", text: "# once more\n" };
    const { verdict, files, notes } = report(stepThat([changed("one"), changed("two"), again]));
    assert.deepEqual([verdict, files.map(({ path }) => path)], ["proven", ["apps/two.yaml"]]);
    assert.match(notes.map(({ message }) => message).join(), /change the file twice/);
  });

  it('is "could not check" if the paths of all Kustomizations are relative to a directory below, which is named', () => {
    const unseen = (files: Readonly<Record<string, string>>, id: string): readonly string[] => {
      rmSync(root, { recursive: true });
      write(files);
      const repository = new Repository(root);
      const clusters = buildClusters(repository);
      const own = STEPS.find((one) => one.id === id);
      assert.ok(own);
      const options = readOptions(repository);
      const result = runStep(own, { repository, clusters, selected: () => true, options });
      const { verdict } = reportOf(result, repository);
      assert.equal(verdict, result.unseen.length > 0 ? "could not check" : "nothing to do");
      return result.unseen;
    };
    const below = {
      "infra/fleet/entry/apps.yaml": flux("apps", "./apps"),
      "infra/fleet/entry/other.yaml": flux("other", "other/deep"),
      "infra/fleet/entry/gone.yaml": flux("gone", "./elsewhere/gone"),
      "infra/fleet/apps/a.yaml": configMap("a"),
      "infra/fleet/other/deep/b.yaml": configMap("b"),
    };
    const line =
      "infra/fleet/entry/apps.yaml:1: no path of a Flux Kustomization exists here, but 2 of the 3 paths exist below infra/fleet: pass that directory instead of this one";
    for (const id of ["ks", "taskfile"]) assert.deepEqual(unseen(below, id), [line]);
    // From the right directory, and where the paths belong to other repositories, nothing is missing.
    const inside = Object.entries(below).map(([path, text]) => [path.replace("infra/fleet/", ""), text]);
    const right = Object.fromEntries(inside) as Record<string, string>;
    delete right["entry/gone.yaml"];
    assert.deepEqual(unseen(right, "ks"), []);
    const external = { "entry/apps.yaml": flux("apps", "./far/apps"), "entry/a.yaml": configMap("a") };
    assert.deepEqual(unseen(external, "taskfile"), []);
  });

  it('is "could not check" if a variable in a path is not known, with the directories to which it may lead', () => {
    write({
      ...app,
      "flux/root.yaml": flux("root", "./clusters/${CLUSTER}"),
      "clusters/east/one.yaml": configMap("east"),
      "clusters/west/one.yaml": configMap("west"),
      "clusters/west/below/two.yaml": configMap("below"),
      "clusters/_old/one.yaml": configMap("old"),
    });
    const line =
      "flux/root.yaml:1: Kustomization flux-system/root builds ./clusters/${CLUSTER}, whose variables this repository does not define, and no other one builds clusters/east, clusters/west: name each of them that a cluster builds in .edgefirst/clusters.yaml, for example `clusters: { east: clusters/east }`";
    const { verdict, unseen } = report(stepThat([]));
    assert.deepEqual([verdict, unseen], ["could not check", [line]]);
    assert.deepEqual(report({ ...stepThat([]), reads: "files" }).unseen, []);
    write({ "clusters/west/one.yaml": configMap("west", "CLUSTER: west") });
    assert.match(
      report(stepThat([])).unseen.join(),
      /whose variables are defined only where a cluster is known, as in clusters\/west\/one\.yaml, and no other one/,
    );
    write({ ".edgefirst/clusters.yaml": "clusters: { east: clusters/east }\n" });
    assert.match(report(stepThat([])).unseen.join(), /no other one builds clusters\/west: /);
    write({ ".edgefirst/clusters.yaml": "clusters: { east: clusters/east, west: clusters/west }\n" });
    assert.equal(report(stepThat([])).verdict, "nothing to do");
  });

  it('is "could not check" for an entry that cannot be fetched; the others are still converted', () => {
    write(app);
    write({
      "apps/kustomization.yaml":
        "resources: [one.yaml, two.yaml]\nconfigMapGenerator:\n  - name: far\n    files: [https://example.com/far.json]\n",
    });
    const { verdict, proof, files, unseen } = report(stepThat([changed("one")]));
    assert.deepEqual([verdict, proof, files.length], ["could not check", "holds", 1]);
    assert.match(unseen.join(), /apps\/kustomization\.yaml:4: .*example\.com/);
    assert.equal(report(stepThat([])).verdict, "could not check");
    assert.match(
      formatMarkdown([report(stepThat([]))]),
      /\*\*could not check\*\*.*\n\n### Could not check\n\n- apps/,
    );
  });

  it("says that nothing is written if not every changed file is proven", () => {
    write(app);
    write({
      "apps/kustomization.yaml": "resources: [one.yaml, two.yaml]\ncomponents: [https://example.com/far]\n",
    });
    const own = report(stepThat([changed("one")]));
    assert.deepEqual([own.verdict, own.proof], ["could not check", "unproven"]);
    assert.match(explainVerdict(own), /so --write needs --accept-unproven, too\./);
    write(app);
    assert.doesNotMatch(explainVerdict(report(stepThat([changed("one")]))), /accept-unproven/);
  });

  it('is "could not check" if the step itself fails', () => {
    write(app);
    const broken: Step = {
      ...stepThat([]),
      plan: () => {
        throw new TypeError("boom");
      },
    };
    const { verdict, unseen } = report(broken);
    assert.equal(verdict, "could not check");
    assert.match(unseen.join(), /internal error \(boom\)/);
  });

  it("writes a message once that many locations have, with each location", () => {
    const at = (line: number): Note => ({
      kind: "left",
      message: "no version",
      position: { file: "a.yaml", line, column: 1 },
    });
    assert.deepEqual(noteLines([at(1), at(2)]), ["a.yaml:1: no version", "a.yaml:2: no version"]);
    assert.deepEqual(noteLines([at(1), { kind: "left", message: "other" }, at(2), at(3)]), [
      "no version (3 locations)",
      "  a.yaml:1",
      "  a.yaml:2",
      "  a.yaml:3",
      "other",
    ]);
  });

  it("keeps the order of a runbook", () => {
    const step = (message: string, line: number): Note => ({
      kind: "runbook",
      message,
      position: { file: "a.yaml", line, column: 1 },
    });
    const notes = [1, 2, 3].flatMap((line) => [step("commit", line), step("check", line)]);
    assert.deepEqual(
      noteLines(notes),
      [1, 2, 3].flatMap((line) => [`a.yaml:${line}: commit`, `a.yaml:${line}: check`]),
    );
    assert.equal(noteLines([1, 2, 3].map((line) => step("wait", line)))[0], "wait (3 locations)");
  });

  it("explains each verdict in a sentence, with the right singular or plural", () => {
    write(app);
    assert.match(
      explainVerdict(report(stepThat([changed("one")]))),
      /^Proven: 1 object changes in a cluster/,
    );
    assert.match(
      explainVerdict(report(stepThat([changed("one"), changed("two")]))),
      /^Proven: 2 objects change in a cluster/,
    );
  });

  it("reads generated objects and items in a List without editing them", () => {
    write({
      "flux/apps.yaml": flux("apps", "./apps"),
      "apps/kustomization.yaml":
        'resources: [list.yaml]\nconfigMapGenerator:\n  - name: gatus-ep\n    namespace: apps\n    files: [config.yaml=endpoints.yaml]\n    options: { disableNameSuffixHash: true, labels: { gatus.io/enabled: "true" } }\n',
      "apps/endpoints.yaml": "endpoints:\n  - { name: a, url: https://a.example.com }\n",
      "apps/list.yaml": `apiVersion: v1
kind: List
items:
  - apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: { name: web, namespace: apps }
    spec:
      ingressClassName: inside
      rules:
        - host: a.example.com
          http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`,
      ".edgefirst/migrate.yaml": "route: { gateways: { inside: { name: internal, namespace: doors } } }\n",
    });
    for (const each of STEPS) {
      const { unseen, notes, files } = report(each);
      assert.deepEqual(unseen, [], each.id);
      if (each.id !== "route") continue;
      assert.deepEqual(files, []);
      assert.match(notes.map(({ message }) => message).join(), /item in a List/);
    }
  });

  it("exits with a code per verdict, and accepts losses with --accept-loss", function () {
    this.timeout(60_000);
    cpSync(join(ROOT, "test/fixtures/migrate/ks/supplied/before"), root, { recursive: true });
    rmSync(join(root, ".edgefirst"), { recursive: true });
    const migrate = (...args: string[]): { status: number | null; stdout: string } =>
      spawnSync(process.execPath, [join(ROOT, "tools/cli/main.ts"), "migrate", ...args], {
        encoding: "utf8",
      });
    const path = "kubernetes/edge/apps/media/player/ks.yaml";
    const written = readFileSync(join(root, path), "utf8");
    const first = migrate("ks", root, "--write", "--only", path);
    assert.match(first.stdout, /unchanged, because the change would lose this: .*--accept-loss comment/);
    assert.match(readFileSync(join(root, path), "utf8"), /# as everywhere/);
    assert.equal(migrate("ks", root, "--only", path).status, 1);
    writeFileSync(join(root, path), written);
    assert.equal(migrate("ks", root, "--only", path, "--accept-loss", "comment", "--write").status, 0);
    assert.doesNotMatch(readFileSync(join(root, path), "utf8"), /# as everywhere/);
    assert.equal(migrate("ks", root, "--only", path).status, 0);
    write({ "kubernetes/edge/apps/kustomization.yaml": "resources: [https://example.com/far.yaml]\n" });
    assert.equal(migrate("ks", root).status, 3);
    assert.equal(migrate("ks", root, "--accept-loss", "login").status, 2);
  });
});
