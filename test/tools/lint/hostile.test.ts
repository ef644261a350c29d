import assert from "node:assert/strict";
import { lstatSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { applyFixes } from "../../../tools/lint/fix.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

const POD =
  "apiVersion: v1\nkind: Pod\nmetadata: { name: good }\nspec: { containers: [{ name: a, image: a }] }\n";
const FLUX = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: root, namespace: flux-system }
spec: { path: ./apps, targetNamespace: apps, sourceRef: { kind: GitRepository, name: fleet, namespace: flux-system } }
`;
/** An object with a removed API version, which a fix updates. */
const oldRepository = (name: string): string => `apiVersion: source.toolkit.fluxcd.io/v1beta2
kind: HelmRepository
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 1h, url: https://charts.example.com }
`;

const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n";

let root: string;
beforeEach(() => {
  root = temporaryDirectory("hostile-");
});

function write(path: string, content: string | Buffer): void {
  writeFiles(root, { [path]: content });
}

/** The obstacles, as `rule file: message`; also checks that the findings for the good Pod are reported. */
function obstacles(): string[] {
  const { findings } = lintRepository(new Repository(root));
  assert.ok(
    findings.some(({ object, rule }) => /^Pod (?:apps\/)?good$/.test(object) && rule === "workload-probes"),
    "the findings of the other file are missing",
  );
  return findings
    .filter(({ object }) => object === "")
    .map(({ rule, position, message }) => `${rule} ${position.file}: ${message}`);
}

const bomb = Array.from({ length: 12 }, (_unused, index) => {
  const below = index === 0 ? "x" : `*a${index - 1}`;
  return `a${index}: &a${index} [${Array.from({ length: 9 }, () => below).join(", ")}]\n`;
}).join("");

/** Every mapping merges the previous one three times. */
const merges = Array.from({ length: 2000 }, (_unused, index) => {
  const below = `*a${index - 1}`;
  return `a${index}: &a${index} { ${index === 0 ? "" : `<<: [${below}, ${below}, ${below}], `}x${index}: 1 }\n`;
}).join("");

/** Each mapping merges the previous one and adds a key; the first has 400. */
const chain = Array.from({ length: 2000 }, (_unused, index) => {
  const keys = Array.from({ length: index === 0 ? 400 : 1 }, (_key, key) => `k${index}-${key}: 1`).join(", ");
  return `a${index}: &a${index} { ${index === 0 ? "" : `<<: *a${index - 1}, `}${keys} }\n`;
}).join("");

/** Lines that only the full parser can read. */
const tagged = CONFIG_MAP + Array.from({ length: 40_000 }, (_unused, index) => `k${index}: !t x\n`).join("");

const FILES: Readonly<Record<string, readonly [content: string | Buffer, error: RegExp | undefined]>> = {
  "aliases of aliases": [bomb, /syntax .*aliases of this document expand to too many nodes/],
  "merges of merges": [merges, /syntax .*aliases of this document expand to too many nodes/],
  "a chain of merges": [chain, /syntax .*aliases of this document expand to too many nodes/],
  "a list of merges of one mapping": [
    `a: &a { ${Array.from({ length: 400 }, (_unused, key) => `k${key}: 1`).join(", ")} }\n${"- <<: [*a, *a]\n".repeat(2000).replace(/^/, "l:\n")}`,
    /syntax .*aliases of this document expand to too many nodes/,
  ],
  "one list many times over": [
    `a: &a [${"x, ".repeat(400)}x]\nl: [${"*a, ".repeat(20_000)}*a]\n`,
    /syntax .*aliases of this document expand to too many nodes/,
  ],
  "an anchor inside itself": ["a: &a\n  b: *a\n", /syntax .*the anchor a contains itself/],
  "unclosed brackets": [`a: ${"[".repeat(100_000)}\n`, /syntax .*more than 500 levels/],
  "lists in lists": [`${"- ".repeat(20_000)}x\n`, /syntax .*more than 500 levels/],
  "mappings in mappings": [
    Array.from({ length: 3000 }, (_unused, depth) => `${" ".repeat(depth)}k:\n`).join(""),
    /syntax .*more than 500 levels/,
  ],
  "a different encoding": [Buffer.from("a: caf\u00e9\n", "latin1"), /syntax .*is not valid UTF-8/],
  "half of a character in UTF-16": [
    Buffer.concat([Buffer.from(`\ufeff${POD}`, "utf16le"), Buffer.from("#")]),
    /syntax .*is not valid UTF-16/,
  ],
  "UTF-16 without a mark": [
    Buffer.from(POD, "utf16le"),
    /syntax .*is in UTF-16LE, .*`iconv -f UTF-16LE -t UTF-8`/,
  ],
  "UTF-32": [
    Buffer.concat(["\ufeff", POD].map((part) => Buffer.from(part.replaceAll(/./gs, "$&\0"), "utf16le"))),
    /syntax .*is in UTF-32, /,
  ],
  "a file that git-crypt has encrypted": [
    Buffer.from([...Buffer.from("\0GITCRYPT\0"), 0xff, 0xfe, 0x80, 0x0a]),
    /syntax .*git-crypt has encrypted it/,
  ],
  "a control character": ["a: \u0000b\n", /syntax .*control character/],
  "a control character in a comment": ["a: b # \u001b[31m\n", /syntax .*control character/],
  "tabs for indentation": ["a:\n\tb: c\n", /syntax .*[Tt]ab/],
  "a duplicate key": [`${POD.replace("good", "twice")}kind: Pod\n`, /syntax .*duplicate key/],
  "a duplicate key outside block style": ["a: !t x\nb: !t y\na: !t z\n", /syntax .*duplicate key/],
  "two merges in one mapping": ["a: &a { x: 1 }\nb: { <<: *a, <<: *a }\n", /syntax .*duplicate key/],
  "tens of thousands of keys outside block style": [tagged, undefined],
  "a million blank lines": [`${CONFIG_MAP}a: |\n  x\n${"\n".repeat(1_000_000)}  x\n`, undefined],
  "a scalar with five million spaces": [`${CONFIG_MAP}a: x${" ".repeat(5_000_000)}y\n`, undefined],
  "an alias without an anchor": ["a: *nothing\n", /syntax .*nothing/],
  "a List whose items are not a list": [
    "apiVersion: v1\nkind: List\nitems: 3\n",
    /build .*`items` of this List/,
  ],
  "a name that is a number": [POD.replace("good", "12"), /build .*metadata\.name must be a string/],
  "a version that is a number": [POD.replace("v1", "1"), /build .*apiVersion must be a string/],
  "nothing at all": ["", undefined],
  "only document separators": ["---\n".repeat(1000), undefined],
};

describe("lint of hostile files", () => {
  for (const [name, [content, error]] of Object.entries(FILES))
    for (const path of ["bad.yaml", "apps/bad.yaml"])
      it(`${name}, ${path === "bad.yaml" ? "in a plain file" : "in what Flux builds"}`, () => {
        write(path.replace("bad", "good"), POD);
        write(path, content);
        if (path !== "bad.yaml") write("flux/ks.yaml", FLUX);
        const found = obstacles();
        if (error === undefined) assert.deepEqual(found, []);
        else assert.ok(found.length === 1 && error.test(found[0] ?? ""), found.join("\n"));
      });

  it("reports Flux Kustomizations without a name, or with a number as the name", () => {
    write("flux/ks.yaml", FLUX);
    write("flux/bad.yaml", FLUX.replace("name: root, ", ""));
    write("apps/good.yaml", POD);
    write("flux/number.yaml", FLUX.replace("root", "12"));
    assert.deepEqual(obstacles(), [
      "build flux/bad.yaml: this Kustomization has no metadata.name",
      "build flux/number.yaml: metadata.name must be a string: quote it",
    ]);
  });

  it("does not read files that are too large", () => {
    write("flux/ks.yaml", FLUX);
    write("apps/kustomization.yaml", "resources: [good.yaml]\ncomponents: [../part]\n");
    write("apps/good.yaml", POD);
    write(
      "part/kustomization.yaml",
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator: [{ name: big, files: [big.bin] }]\n",
    );
    write("part/big.bin", "");
    truncateSync(join(root, "part/big.bin"), 3 * 2 ** 30);
    write("loose.yaml", "");
    truncateSync(join(root, "loose.yaml"), 700 * 2 ** 20);
    const { findings } = lintRepository(new Repository(root));
    assert.ok(findings.some(({ message }) => message.includes("big.bin: the file is larger than 8 MiB")));
    rmSync(join(root, "flux"), { recursive: true });
    rmSync(join(root, "part"), { recursive: true });
    write("apps/kustomization.yaml", "resources: [good.yaml]\n");
    assert.deepEqual(obstacles(), ["syntax loose.yaml: the file is larger than 8 MiB"]);
  });

  it("does not read files that are too large to find out who wrote a manifest, or the version of Flux", () => {
    write("flux/ks.yaml", FLUX.replace("spec: {", "spec: { postBuild: { substitute: { A: b } },"));
    write("apps/kustomization.yaml", "resources: [good.yaml]\n");
    write("apps/good.yaml", POD.replace("image: a", 'image: "a${NONE}"'));
    symlinkSync("nowhere", join(root, "apps/crd.yaml"));
    for (const file of ["apps/crds.yaml", "flux/gotk-components.yaml"]) {
      write(file, "");
      truncateSync(join(root, file), 9 * 2 ** 20);
      assert.deepEqual(obstacles(), []);
    }
  });

  it("does not read a file that is too large to find out which Kustomizations are switched off", () => {
    write("flux/ks.yaml", FLUX);
    write("flux/more.yaml", FLUX.replace("name: root", "name: more").replace("./apps", "./more"));
    write("apps/good.yaml", POD);
    write("more/map.yaml", CONFIG_MAP);
    write("other/kustomization.yaml", "");
    truncateSync(join(root, "other/kustomization.yaml"), 9 * 2 ** 20);
    assert.deepEqual(obstacles(), []);
  });

  it("ignores symbolic links that leave the repository, form a loop or are dangling, as Flux does", () => {
    write("flux/ks.yaml", FLUX);
    write("apps/good.yaml", POD);
    for (const [target, path] of [
      ["/etc/passwd", "outside.yaml"],
      ["loop.yaml", "loop.yaml"],
      ["nowhere", "dead.yaml"],
      ["../apps", "again"],
      ["good.yaml", "twice.yaml"],
    ] as const)
      symlinkSync(target, join(root, "apps", path));
    assert.deepEqual(obstacles(), []);
  });

  it("does not write a fix through or over a symbolic link", async () => {
    const outside = temporaryDirectory("outside-");
    writeFileSync(join(outside, "theirs.yaml"), oldRepository("theirs"));
    symlinkSync(join(outside, "theirs.yaml"), join(root, "theirs.yaml"));
    symlinkSync(outside, join(root, "directory"));
    write("plain/own.yaml", oldRepository("own"));
    symlinkSync("plain", join(root, "again"));
    symlinkSync("own.yaml", join(root, "plain/link.yaml"));
    for (const [name, path] of Object.entries({
      through: "../again/own.yaml",
      named: "../plain/link.yaml",
      away: "../directory/theirs.yaml",
    }))
      write(`${name}/kustomization.yaml`, `resources: [${path}]\n`);
    const { files } = await applyFixes(root, lintRepository(new Repository(root)));
    assert.deepEqual(files, ["plain/own.yaml"]);
    assert.equal(readFileSync(join(outside, "theirs.yaml"), "utf8"), oldRepository("theirs"));
    assert.ok(lstatSync(join(root, "plain/link.yaml")).isSymbolicLink());
  });

  it("reports directories that include themselves or each other, or form a long chain", () => {
    write("good.yaml", POD);
    write("self/kustomization.yaml", "resources: [.]\n");
    write("a/kustomization.yaml", "resources: [../b]\n");
    write("b/kustomization.yaml", "resources: [../a]\n");
    write("part/kustomization.yaml", "kind: Component\ncomponents: [../part]\n");
    write("user/kustomization.yaml", "components: [../part]\n");
    for (let index = 0; index < 300; index++)
      write(`row/${index}/kustomization.yaml`, `resources: [../${index + 1}]\n`);
    write("row/300/kustomization.yaml", "resources: []\n");
    const found = obstacles();
    assert.ok(
      found.some((error) => error.includes("part includes itself")),
      found.join("\n"),
    );
    assert.ok(
      found.some((error) => /\ba includes itself/.test(error)),
      found.join("\n"),
    );
    assert.ok(found.some((error) => error.includes("more than 200 directories include each other")));
  });

  it("deeply nested expressions fail only their own build", () => {
    const substituted = FLUX.replace("spec: {", "spec: { postBuild: { substitute: { A: b } },");
    write("flux/ks.yaml", `${substituted}---\n${FLUX.replace("root", "other").replace("apps", "other")}`);
    write("other/good.yaml", POD);
    write(
      "apps/map.yaml",
      `kind: ConfigMap\napiVersion: v1\nmetadata: { name: c }\ndata: { a: '${"${A:=".repeat(300_000)}' }\n`,
    );
    assert.match(
      obstacles().join("\n"),
      /^build apps\/map\.yaml: substitution: more than 100 nested expressions.*$/,
    );
  });

  it("reports alias bombs in patches and in a release's values, as in any file", () => {
    write("good.yaml", POD);
    const deeper = (text: string, blanks: string): string => text.replace(/^(?=.)/gm, blanks);
    write("inline/pod.yaml", POD.replace("good", "inline"));
    write(
      "inline/kustomization.yaml",
      `resources: [pod.yaml]\npatches:\n- patch: |\n${deeper(chain, "    ")}`,
    );
    write("file/pod.yaml", POD.replace("good", "file"));
    write("file/kustomization.yaml", "resources: [pod.yaml]\npatches: [{ path: patch.yaml }]\n");
    write("file/patch.yaml", chain);
    write(
      "release.yaml",
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: a }\nspec:\n  values:\n${deeper(chain, "    ")}`,
    );
    const found = obstacles();
    for (const file of ["inline/kustomization", "file/patch", "release"])
      assert.ok(
        found.some((error) => error.startsWith(`syntax ${file}.yaml: the aliases of this document`)),
        found.join("\n"),
      );
  });

  it("invalid patches fail only their own build", () => {
    write("good.yaml", POD);
    for (const [name, patch] of Object.entries({ scalar: "hello\n", self: "a: &a [*a]\n" })) {
      write(`${name}/pod.yaml`, POD.replace("good", name));
      write(`${name}/patch.yaml`, patch);
      write(`${name}/kustomization.yaml`, "resources: [pod.yaml]\npatches: [{ path: patch.yaml }]\n");
    }
    const found = obstacles();
    for (const expected of [
      /build scalar\/patch\.yaml: a patch must be/,
      /syntax self\/patch\.yaml: the anchor/,
    ])
      assert.ok(
        found.some((error) => expected.test(error)),
        found.join("\n"),
      );
  });

  it("values with tags that only an app knows cause no warning of Node's", async () => {
    write("pod.yaml", POD);
    write(
      "release.yaml",
      `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: a, namespace: apps }
spec: { chart: { spec: { chart: app-template } }, valuesFrom: [{ kind: ConfigMap, name: values }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: values, namespace: apps }
data: { values.yaml: "key: !env_var KEY" }
`,
    );
    const warnings: string[] = [];
    const note = ({ message }: Error): void => void warnings.push(message);
    process.on("warning", note);
    obstacles();
    // Node reports warnings in a later turn.
    await new Promise(setImmediate);
    process.off("warning", note);
    assert.deepEqual(warnings, []);
  });
});
