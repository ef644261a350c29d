import assert from "node:assert/strict";
import Ajv from "ajv";
import draft04 from "ajv/lib/refs/json-schema-draft-04.json" with { type: "json" };
import sarifSchema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { formatBaseline, readBaseline, withoutBaseline } from "../../../tools/lint/baseline.ts";
import { applyFixes } from "../../../tools/lint/fix.ts";
import { subjectOf, type LintFinding, type LintReport } from "../../../tools/lint/finding.ts";
import { formatGithub } from "../../../tools/lint/formats/github.ts";
import { formatJson } from "../../../tools/lint/formats/json.ts";
import { formatSarif } from "../../../tools/lint/formats/sarif.ts";
import { formatText } from "../../../tools/lint/formats/text.ts";
import { lintRepository, type LintOptions, type LintedReport } from "../../../tools/lint/lint.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

const FLEET = join(import.meta.dirname, "../../fixtures/repositories/fleet");

const lint = (root: string, options?: LintOptions): LintedReport =>
  lintRepository(new Repository(root), options);
const place = ({ rule, position }: LintFinding): string =>
  `${rule} ${position.file}:${position.line}:${position.column}`;

let scratch: string;
beforeEach(() => {
  scratch = temporaryDirectory("lint-");
});

describe("lint of a repository", () => {
  it("reports a component's field at its location in the component, and the broken file", () => {
    const found = lint(FLEET).findings.map(place);
    for (const expected of [
      "syntax kubernetes/edge/apps/broken.yaml:6:1",
      "workload-probes kubernetes/shared/components/guarded/probe.yaml:9:11",
      "workload-probes kubernetes/edge/apps/media/player/app/deployment.yaml:16:11",
    ]) {
      assert.ok(found.includes(expected), `${expected} is not among\n${found.join("\n")}`);
    }
  });

  it("reports only findings in the given paths", () => {
    const { findings } = lint(FLEET, { within: ["kubernetes/shared"] });
    assert.ok(findings.length > 0);
    assert.ok(findings.every(({ position }) => position.file.startsWith("kubernetes/shared/")));
  });

  it("checks plain manifests without Flux, and ignores documents that are not objects", () => {
    writeFileSync(
      join(scratch, "pod.yaml"),
      "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: a }] }\n",
    );
    writeFileSync(join(scratch, "settings.yaml"), "level: debug\n");
    const report = lint(scratch);
    assert.equal(report.objects, 1);
    assert.ok(report.findings.some(({ rule, object }) => rule === "workload-probes" && object === "Pod a"));
  });

  it("applies the repository's rule settings, and refuses invalid ones", () => {
    const write = (settings: string): void => {
      mkdirSync(join(scratch, ".edgefirst"), { recursive: true });
      writeFileSync(join(scratch, ".edgefirst/policies.yaml"), settings);
    };
    writeFileSync(
      join(scratch, "pod.yaml"),
      "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: a:1.0 }] }\n",
    );
    const levels = (): Record<string, string> =>
      Object.fromEntries(lint(scratch).findings.map(({ rule, level }) => [rule, level]));
    const before = levels();
    assert.ok(before["workload-probes"] === "advisory" && !("image-pinned" in before));
    write("image-pinned:\n  requireDigest: true\nworkload-probes: mandatory\nresources: disabled\n");
    const expected = { ...before, "workload-probes": "mandatory", "image-pinned": "mandatory" };
    assert.deepEqual(
      levels(),
      Object.fromEntries(Object.entries(expected).filter(([rule]) => rule !== "resources")),
    );
    write("workload-probe: advisory\n");
    assert.throws(() => lint(scratch), /\.edgefirst\/policies\.yaml.*workload-probe/s);
    write("a: 'b\n");
    assert.throws(() => lint(scratch), /\.edgefirst\/policies\.yaml is not valid/);
  });

  it("knows which Kustomization applied an object earlier, and whether Flux deletes it", () => {
    const checkout = (
      name: string,
      owners: Readonly<Record<string, string>>,
      owner: string,
      namespace: string,
    ): Repository => {
      const write = (path: string, text: string): void => {
        writeFiles(join(scratch, name), { [path]: text });
      };
      for (const [kustomization, spec] of Object.entries(owners)) {
        write(
          `flux/${kustomization}.yaml`,
          `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: ${kustomization}, namespace: flux-system }\nspec: { path: ./${kustomization}, ${spec}, sourceRef: { kind: GitRepository, name: fleet, namespace: flux-system } }\n`,
        );
        write(
          `${kustomization}/kustomization.yaml`,
          kustomization === owner ? "resources: [claim.yaml]\n" : "resources: []\n",
        );
      }
      write(
        `${owner}/claim.yaml`,
        `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data, namespace: ${namespace} }\n`,
      );
      return new Repository(join(scratch, name));
    };
    const guarded = (before: Repository, after: Repository): boolean =>
      lintRepository(after, { before }).findings.some(({ rule }) => rule === "prune-guard");
    const prunes = { a: "prune: true", b: "prune: false" };
    const keeps = { a: "prune: false", b: "prune: true" };
    assert.ok(guarded(checkout("1", prunes, "a", "media"), checkout("2", prunes, "b", "apps")));
    assert.ok(!guarded(checkout("3", keeps, "a", "media"), checkout("4", keeps, "b", "apps")));
    assert.ok(
      guarded(checkout("5", prunes, "a", "media"), checkout("6", { b: "prune: false" }, "b", "apps")),
    );
  });

  it("reports one cause once, with the number of objects", () => {
    const write = (file: string, text: string): void => {
      writeFiles(scratch, { [file]: text });
    };
    const namespaces = ["a", "b", "c"];
    for (const namespace of namespaces) {
      write(`${namespace}/kustomization.yaml`, `namespace: ${namespace}\nresources: [route.yaml, ../base]\n`);
      write(
        `${namespace}/route.yaml`,
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: web }\nspec: { parentRefs: [{ name: gone, namespace: network }] }\n",
      );
    }
    write("base/kustomization.yaml", "resources: [pod.yaml]\n");
    write(
      "base/pod.yaml",
      "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: web, image: web }, { name: proxy, image: proxy }] }\n",
    );
    write("kustomization.yaml", "resources: [a, b, c]\n");
    const found = (rule: string): string[] =>
      lint(scratch)
        .findings.filter((finding) => finding.rule === rule)
        .map((finding) => `${subjectOf(finding)} ${finding.path}`);
    assert.deepEqual(found("route-attachment"), ["HTTPRoute a/web and 2 more spec.parentRefs[0]"]);
    assert.deepEqual(found("image-pinned"), [
      "Pod a/web and 2 more spec.containers[0].image",
      "Pod a/web and 2 more spec.containers[1].image",
    ]);
    assert.deepEqual(
      lint(scratch, { within: ["b"] }).findings.map(({ object, rule }) => `${rule} ${object}`),
      ["route-attachment HTTPRoute b/web"],
      "a path limits the findings before they are joined",
    );
  });

  it("leaves generated files alone, but reports what cannot be built there", () => {
    const pod =
      "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: a }] }\n";
    writeFileSync(
      join(scratch, "pod.yaml"),
      `---\n# This manifest was generated by flux. DO NOT EDIT.\n${pod}`,
    );
    assert.deepEqual(lint(scratch).findings, []);
    writeFileSync(join(scratch, "pod.yaml"), `# Do not edit.\n${pod}  a: [`);
    assert.deepEqual(
      lint(scratch).findings.map(({ rule }) => rule),
      ["syntax"],
    );
    writeFileSync(join(scratch, "pod.yaml"), `${pod}# DO NOT EDIT\n`);
    assert.ok(lint(scratch).findings.some(({ rule }) => rule === "image-pinned"));
  });

  it("takes several directories without Flux for parts of one cluster", () => {
    for (const [directory, object] of [
      [
        "web",
        "kind: HTTPRoute\nmetadata: { name: web, namespace: web }\nspec: { parentRefs: [{ name: a, namespace: net }] }",
      ],
      ["net", "kind: Gateway\nmetadata: { name: a, namespace: net }\nspec: { listeners: [] }"],
    ] as const) {
      mkdirSync(join(scratch, directory));
      writeFileSync(join(scratch, directory, "kustomization.yaml"), "resources: [a.yaml]\n");
      writeFileSync(
        join(scratch, directory, "a.yaml"),
        `apiVersion: gateway.networking.k8s.io/v1\n${object}\n`,
      );
    }
    const { findings, notEvaluated } = lint(scratch);
    const isRoute = ({ rule }: LintFinding): boolean => rule === "route-attachment";
    assert.deepEqual([findings.filter(isRoute).length, notEvaluated.filter(isRoute).length], [0, 1]);
  });

  it("applies an exemption, and counts it", () => {
    const text = (annotation: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    edgefirst.dev/exempt.workload-probes: ${annotation}\nspec: { containers: [{ name: a, image: a }] }\n`;
    writeFileSync(join(scratch, "pod.yaml"), text('"has no port; owner=me; until=2030-01-01"'));
    const now = new Date("2026-01-01");
    const report = lint(scratch, { now });
    assert.ok(report.exempted > 0);
    assert.ok(!report.findings.some(({ rule }) => rule === "workload-probes"));
    writeFileSync(join(scratch, "pod.yaml"), text('""'));
    assert.ok(lint(scratch, { now }).findings.some(({ rule }) => rule === "exemption"));
  });
});

describe("a report", () => {
  const finding = (line: number, object: string): LintFinding => ({
    rule: "workload-probes",
    level: "mandatory",
    severity: "high",
    object,
    path: "spec.containers[0]",
    message: "No probe, 100% sure: really,\nnone.",
    remediation: "Add one.",
    position: { file: "apps/a b.yaml", line, column: 3 },
    clusters: ["kubernetes/edge"],
  });
  const report: LintReport = {
    findings: [
      { ...finding(1, "Pod a"), same: [finding(1, "Pod b")] },
      { ...finding(4, ""), level: "advisory", path: "" },
    ],
    rules: new Map([
      ["workload-probes", { description: "Probes.", remediation: "Add one.", severity: "high" }],
    ]),
    objects: 2,
    clusters: ["kubernetes/edge"],
    exempted: 1,
    notEvaluated: [],
    external: ["a/b (OCIRepository c)"],
    unreached: ["a", "b", "c", "d", "e", "f"].map((name) => `${name}.yaml`),
  };

  it("is text, with colours only on request, and one line for what several objects share", () => {
    const text = formatText(report, false);
    assert.ok(!text.includes("\u001b["));
    assert.ok(formatText(report, true).includes("\u001b["));
    assert.match(
      text,
      /^apps\/a b\.yaml\n {2}1:3 {2}error {4}Pod a and 1 more, spec\.containers\[0\]: No probe/,
    );
    assert.match(text, /1 error and 1 warning in 2 objects in kubernetes\/edge; 1 finding exempted\./);
    assert.match(
      text,
      /Not checked: 6 files that no Flux Kustomization uses: a\.yaml, b\.yaml, .*e\.yaml and 1 more/,
    );
  });

  it("is JSON with all fields", () => {
    const json = JSON.parse(formatJson(report)) as { findings: Record<string, unknown>[]; exempted: number };
    assert.equal(json.exempted, 1);
    assert.deepEqual(
      [json.findings[0]!.file, json.findings[0]!.line, json.findings[0]!.column],
      ["apps/a b.yaml", 1, 3],
    );
  });

  it("is annotations for GitHub Actions, with everything escaped", () => {
    const [first, second] = formatGithub(report, "gitops/").split("\n");
    assert.equal(
      first,
      "::error file=gitops/apps/a b.yaml,line=1,col=3,title=workload-probes::Pod a and 1 more: No probe, 100%25 sure: really,%0Anone.",
    );
    assert.match(second!, /^::warning .*line=4/);
  });

  it("is SARIF 2.1.0", () => {
    const { version, runs } = JSON.parse(formatSarif(report, "", "1.2.3")) as {
      version: string;
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    };
    assert.equal(version, "2.1.0");
    const [run] = runs;
    assert.equal(run!.tool.driver.rules[run!.results[0]!.ruleIndex as number]!.id, "workload-probes");
    assert.deepEqual(
      run!.results.map(({ level }) => level),
      ["error", "warning"],
    );
    assert.deepEqual(run!.results[0]!.locations, [
      {
        physicalLocation: {
          artifactLocation: { uri: "apps/a%20b.yaml" },
          region: { startLine: 1, startColumn: 3 },
        },
        logicalLocations: [{ fullyQualifiedName: "Pod a spec.containers[0]" }],
      },
    ]);
  });

  it("matches the SARIF 2.1.0 schema, with and without findings", () => {
    const ajv = new Ajv({ schemaId: "id", meta: false, allErrors: true });
    ajv.addMetaSchema(draft04);
    const isValid = ajv.compile(sarifSchema);
    for (const one of [report, { ...report, findings: [], rules: new Map() }, lint(FLEET)]) {
      const log: unknown = JSON.parse(formatSarif(one, "gitops/", "1.2.3"));
      assert.ok(isValid(log), JSON.stringify(isValid.errors, undefined, 2));
    }
  });

  it("contains only new findings with a baseline, even after lines have moved", async () => {
    const file = join(scratch, "baseline.json");
    writeFileSync(file, formatBaseline(report.findings.slice(0, 1)));
    const moved = [finding(9, "Pod a"), finding(10, "Pod a"), finding(1, "Pod c")];
    const left = withoutBaseline(moved, await readBaseline(file));
    assert.deepEqual(
      left.map(({ object, position }) => `${object} ${position.line}`),
      ["Pod a 10", "Pod c 1"],
    );
    const grouped = { ...finding(1, "Pod 0"), same: [finding(1, "Pod a")] };
    assert.deepEqual(withoutBaseline([grouped], await readBaseline(file)), []);
    writeFileSync(file, "{}");
    await assert.rejects(readBaseline(file), /is not a baseline/);
  });
});

describe("a fix", () => {
  const requireSourceNamespace = (): void => {
    mkdirSync(join(scratch, ".edgefirst"), { recursive: true });
    writeFileSync(
      join(scratch, ".edgefirst/policies.yaml"),
      "kustomization-source: { requireSourceNamespace: true }\n",
    );
  };

  it("changes the file where the field is written, and a second run changes nothing", async () => {
    cpSync(FLEET, scratch, { recursive: true });
    requireSourceNamespace();
    const file = join(scratch, "kubernetes/edge/apps/media/player/ks.yaml");
    const before = readFileSync(file, "utf8");
    const { files, fixed } = await applyFixes(scratch, lint(scratch));
    assert.ok(fixed > 0 && files.includes("kubernetes/edge/apps/media/player/ks.yaml"), files.join());
    const after = readFileSync(file, "utf8");
    const added = after.split("\n").filter((line) => !before.split("\n").includes(line));
    assert.deepEqual([...new Set(added)], ["    namespace: flux-system"]);
    assert.deepEqual(await applyFixes(scratch, lint(scratch)), { files: [], fixed: 0 });
  });

  const shared = "shared/ks.yaml";

  /** Two clusters that share a Kustomization, which depends on `db`. */
  const twoClusters = (databases: Readonly<Record<string, string>>): string => {
    requireSourceNamespace();
    const kustomization = (name: string, namespace: string, spec: string): string => `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  path: ${spec}
  sourceRef:
    kind: GitRepository
    name: fleet
    namespace: flux-system
`;
    const source = `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: fleet, namespace: flux-system }
spec: { url: https://git.example.com/fleet }
---`;
    const write = (file: string, text: string): void => {
      writeFiles(scratch, { [file]: text });
    };
    const app = kustomization("app", "flux-system", "./shared/app");
    const before = `${app.replace("    namespace: flux-system\n", "")}  dependsOn:\n    - name: db # the data\n`;
    write(shared, before);
    write("shared/app/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: app }\n");
    for (const [cluster, namespace] of Object.entries(databases)) {
      write(
        `kubernetes/${cluster}/flux/all.yaml`,
        source + kustomization("all", "flux-system", `./kubernetes/${cluster}/apps`),
      );
      write(
        `kubernetes/${cluster}/apps/kustomization.yaml`,
        "resources: [db.yaml, ../../../shared/ks.yaml]\n",
      );
      write(`kubernetes/${cluster}/apps/db.yaml`, kustomization("db", namespace, "./shared/app"));
    }
    return before;
  };

  const withSource = (text: string): string =>
    text.replace("name: fleet\n", "name: fleet\n    namespace: flux-system\n");

  it("changes a file that clusters share if all of them need the same change", async () => {
    const before = twoClusters({ edge: "data", main: "data" });
    const fixed = await applyFixes(scratch, lint(scratch));
    assert.deepEqual(fixed, { files: [shared], fixed: 2 });
    const after = readFileSync(join(scratch, shared), "utf8");
    assert.equal(after, withSource(before).replace("# the data\n", "# the data\n      namespace: data\n"));
    assert.deepEqual(await applyFixes(scratch, lint(scratch)), { files: [], fixed: 0 });
  });

  it("does not change a file that another cluster needs unchanged or changed differently", async () => {
    for (const main of ["flux-system", "store"]) {
      const before = twoClusters({ edge: "data", main });
      const report = lint(scratch);
      assert.ok(
        report.findings.some(({ message }) => message.endsWith("namespace data has one with that name.")),
        report.findings.map(({ message }) => message).join("\n"),
      );
      // The change that both need is still made.
      assert.deepEqual(await applyFixes(scratch, report), { files: [shared], fixed: 1 });
      assert.equal(readFileSync(join(scratch, shared), "utf8"), withSource(before));
      assert.deepEqual(await applyFixes(scratch, lint(scratch)), { files: [], fixed: 0 });
    }
  });
});
