import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { decoded } from "../../../lib/encoded-text.ts";
import { FluxBuild } from "../../../tools/gitops/flux-build.ts";
import { buildOffline, compareWithFlux } from "../../../tools/gitops/flux-compare.ts";
import { YamlEdit } from "../../../tools/gitops/edit/yaml-edit.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { writeChanges } from "../../../tools/migrate/write.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const configMap = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { ${data} }\n`;

/** A kustomization that reads a file in each place in which one can be. */
const FILES: Readonly<Record<string, string>> = {
  "kustomization.yaml": `resources: [one.yaml, two.yaml]
patches:
  - path: merge.yaml
  - { path: json.yaml, target: { kind: ConfigMap, name: one } }
configMapGenerator:
  - { name: values, files: [values.yaml] }
  - { name: variables, envs: [variables.env] }
configurations: [configuration.yaml]
replacements: [{ path: replacement.yaml }]
`,
  "one.yaml": configMap("one", 'a: "é"'),
  "two.yaml": `---\n${configMap("two", 'a: "ß"')}---\n${configMap("three", "a: b")}`,
  "merge.yaml": configMap("two", 'm: "ü"'),
  "json.yaml": '- { op: add, path: /data/j, value: "ö" }\n- { op: add, path: /data/k, value: k }\n',
  "values.yaml": "a: ä\n",
  "variables.env": "A=ø\nB=2\n",
  "configuration.yaml": "commonLabels: []\n",
  "replacement.yaml":
    "source: { kind: ConfigMap, name: one, fieldPath: data.a }\ntargets: [{ select: { kind: ConfigMap, name: two }, fieldPaths: [data.a] }]\n",
};

const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  "UTF-8 with a byte order mark": (text) => Buffer.from(`\ufeff${text}`),
  "UTF-16LE": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "UTF-16BE": (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
};

/** Writes the kustomization, with one of its files in another encoding. */
function directoryWith(file: string, encoded: (text: string) => Buffer): string {
  const root = temporaryDirectory("encodings-");
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, "app", path)), { recursive: true });
    writeFileSync(join(root, "app", path), path === file ? encoded(text) : text);
  }
  return root;
}

const SPEC = { path: "./app" };

describe("a file in another encoding", () => {
  for (const [encoding, encoded] of Object.entries(ENCODINGS))
    it(`is read in ${encoding} as Flux reads it`, async () => {
      const program = await findProgram(programNamed("flux-build", PROGRAMS), process.env);
      const flux = program && new FluxBuild(program.path);
      const plain = buildOffline({ root: directoryWith("", encoded), spec: SPEC });
      const isWide = encoding.startsWith("UTF-16");
      for (const file of Object.keys(FILES)) {
        const root = directoryWith(file, encoded);
        const offline = buildOffline({ root, spec: SPEC });
        if (isWide && file === "variables.env") {
          assert.ok("error" in offline && offline.error.includes("not valid UTF-8"), JSON.stringify(offline));
        } else if (isWide && file === "two.yaml") {
          // Kustomize does not find the separator, and reads only the first document.
          assert.ok("objects" in offline && "objects" in plain);
          assert.equal(offline.objects.length, plain.objects.length - 1);
        } else if (file !== "values.yaml") assert.deepEqual(offline, plain, file);
        const outcome = flux && (await compareWithFlux(flux, { root, spec: SPEC })).outcome;
        assert.ok(outcome === undefined || ["equal", "refused"].includes(outcome), `${file}: ${outcome}`);
      }
      flux?.close();
    }).timeout(60_000);

  it("in which Flux ignores documents is reported", () => {
    const apply =
      "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: app, namespace: flux-system }\nspec: { path: ./app, targetNamespace: default, sourceRef: { kind: GitRepository, name: home } }\n";
    for (const [encoding, encoded] of Object.entries(ENCODINGS)) {
      const root = directoryWith("two.yaml", encoded);
      writeFileSync(join(root, "app.yaml"), apply);
      const { clusters } = buildRepository(new Repository(root));
      assert.deepEqual(
        clusters.flatMap(({ problems }) =>
          problems.map(({ message, position: { file, line } }) => `${file}:${line} ${message.slice(0, 28)}`),
        ),
        encoding.startsWith("UTF-16") ? ["app/two.yaml:7 Flux ignores this document: "] : [],
        encoding,
      );
    }
  });

  for (const [encoding, encoded] of Object.entries(ENCODINGS))
    it(`keeps ${encoding} when it is changed, and its mark stays first`, () => {
      const text = "a: é\nb: 2\n";
      const root = temporaryDirectory("encodings-");
      const file = join(root, "file.yaml");
      writeFileSync(file, encoded(text));
      const before = new Repository(root);
      const edit = new YamlEdit(fileText(before, "file.yaml") ?? "");
      assert.ok(edit.remove(0, ["a"]));
      assert.ok(edit.insert(0, [], "c: ñ\n"));
      const changes = [{ path: "file.yaml", text: edit.text() }];
      const after = before.with(new Map([["file.yaml", edit.text()]]));
      assert.deepEqual(after.parse("file.yaml").documents[0]?.value, { b: 2, c: "ñ" });
      writeChanges(before, changes);
      assert.deepEqual(readFileSync(file), encoded("b: 2\nc: ñ\n"));
      assert.equal(decoded(readFileSync(file)), "\ufeffb: 2\nc: ñ\n");
    });
});

describe("a JSON patch", () => {
  it("is YAML unless its first character is a bracket", () => {
    for (const [start, isJson] of [
      ["", true],
      [" ", false],
      ["\n", false],
    ] as const) {
      const root = directoryWith("json.yaml", () =>
        Buffer.from(`${start}[{ op: add, path: /data/j, value: j }]`),
      );
      assert.equal("error" in buildOffline({ root, spec: SPEC }), isJson, JSON.stringify(start));
    }
  });
});
