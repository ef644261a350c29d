import { posix } from "node:path";
import { scalarText } from "../../tools/gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../tools/gitops/yaml/values.ts";
import type { Pick } from "./flux-cases.ts";
import { editText } from "./flux-text-edits.ts";

/** A directory with a kustomization, and what its build reads and returns. */
export interface EditedDirectory {
  readonly path: string;
  readonly files: Readonly<Record<string, string>>;
  readonly objects: readonly Mapping[];
}

/** What the edits change. */
export interface RepositoryDraft {
  readonly files: Record<string, string>;
  readonly spec: Mapping;
  strict?: boolean;
  readonly directory: EditedDirectory;
}

type Edit = (draft: RepositoryDraft, pick: Pick) => void;

const list = (spec: Mapping, field: string): Value[] => (spec[field] ??= []) as Value[];

const objectOf = ({ directory }: RepositoryDraft, pick: Pick): Mapping =>
  directory.objects.length === 0
    ? { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "none" } }
    : plain(pick.of(directory.objects));

const plain = (object: Mapping): Mapping => JSON.parse(JSON.stringify(object)) as Mapping;

/** A random path to a field in an object; never to what identifies the object's kind, or to all metadata, which no repository replaces or copies. */
function pathIn(object: Mapping, pick: Pick): readonly string[] {
  for (;;) {
    const path = anyPathIn(object, pick);
    if (path.length > 1 || !["apiVersion", "kind", "metadata"].includes(path[0] ?? "")) return path;
  }
}

function anyPathIn(object: Mapping, pick: Pick): readonly string[] {
  const path: string[] = [];
  let value: Value = object;
  while (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    const step = pick.of(Object.keys(value));
    path.push(step);
    value = (value as Mapping)[step] as Value;
    if (pick.chance(0.2)) break;
  }
  return path;
}

const pointer = (path: readonly string[]): string =>
  path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

const fieldPath = (path: readonly string[]): string =>
  path.map((step) => step.replaceAll(".", "\\.")).join(".");

const targetOf = ({ kind, metadata }: Mapping, pick: Pick): Mapping => ({
  kind: kind ?? "",
  ...(pick.chance(0.5) && isMapping(metadata) && { name: scalarText(metadata.name) }),
});

const VALUES: readonly Value[] = [
  "x",
  "",
  null,
  1,
  0.5,
  true,
  "1",
  "yes",
  "${NAME}",
  "a: b",
  [],
  {},
  { a: "b" },
  ["x"],
  [{ name: "x" }],
  { $patch: "delete" },
  { $patch: "replace", a: 1 },
  [{ $patch: "delete" }],
  "multi\nline\n",
];

/** Changes a random part of a value in place. */
function disturb(object: Mapping, pick: Pick): void {
  const path = pathIn(object, pick);
  let container: Mapping = object;
  for (const step of path.slice(0, -1)) container = container[step] as Mapping;
  const last = path.at(-1) ?? "x";
  container[last] = structuredClone(pick.of(VALUES));
}

const FIELDS: readonly string[] = [
  "namespace: shop",
  "namePrefix: p-",
  "nameSuffix: -s",
  'labels: [{ pairs: { team: "x" } }]',
  "labels: [{ pairs: { team: y, tier: z }, includeSelectors: true }]",
  "labels: [{ pairs: { tier: z }, includeTemplates: true }]",
  "commonLabels: { common: a }",
  'commonAnnotations: { note: b, "example.com/c": "1" }',
  "buildMetadata: [originAnnotations]",
  "buildMetadata: [managedByLabel]",
  "sortOptions: { order: legacy }",
  "sortOptions: { order: fifo }",
  "generatorOptions: { disableNameSuffixHash: true, labels: { made: here } }",
  "generatorOptions: { immutable: true, annotations: { a: b } }",
  "configMapGenerator: [{ name: made, literals: [a=b, 'c=d e'] }]",
  "secretGenerator: [{ name: made, literals: [a=b] }]",
  'images: [{ name: ".*", newTag: "1" }]',
  'images: [{ name: "ghcr.io/.*", newName: mirror.example.com/x, digest: "sha256:00" }]',
];

const appended = (draft: RepositoryDraft, line: string): void => {
  const name = ["kustomization.yaml", "kustomization.yml", "Kustomization"].find(
    (own) => posix.join(draft.directory.path, own) in draft.files,
  );
  if (name === undefined) return;
  const path = posix.join(draft.directory.path, name);
  const text = draft.files[path] ?? "";
  if (new RegExp(`^${line.slice(0, line.indexOf(":"))}:`, "m").test(text)) return;
  draft.files[path] = `${text}${text.endsWith("\n") || text === "" ? "" : "\n"}${line}\n`;
};

/** Edits by name, with how often they are chosen. */
const EDITS: Readonly<Record<string, readonly [weight: number, edit: Edit]>> = {
  text: [
    10,
    ({ files }, pick) => {
      const path = pick.of(Object.keys(files));
      files[path] = editText(files[path] ?? "", pick);
    },
  ],
  field: [
    6,
    (draft, pick) => {
      appended(draft, pick.of(FIELDS));
    },
  ],
  targetNamespace: [
    1,
    ({ spec }) => {
      spec.targetNamespace = "target";
    },
  ],
  affixes: [
    1,
    ({ spec }) => {
      Object.assign(spec, { namePrefix: "f-", nameSuffix: "-x" });
    },
  ],
  commonMetadata: [
    1,
    ({ spec }) => {
      spec.commonMetadata = { labels: { cm: "1" }, annotations: { cm: "2" } };
    },
  ],
  images: [
    1,
    ({ spec }) => {
      spec.images = [{ name: ".*/.*", newTag: "flux" }];
    },
  ],
  substitute: [
    4,
    (draft, pick) => {
      const { files, spec } = draft;
      const names = Object.values(files).flatMap((text) =>
        [...text.matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name),
      );
      const pairs = [...new Set(["NAME", ...names])]
        .filter(() => pick.chance(0.8))
        .map(
          (name) =>
            [
              name,
              pick.of([
                "x",
                "",
                "8080",
                "yes",
                "a: b",
                "# x",
                "'q'",
                "1_000",
                "2024-01-01",
                "~",
                "{x}",
                "- a",
                "0x1F",
              ]),
            ] as const,
        );
      spec.postBuild = pick.chance(0.8)
        ? { substitute: Object.fromEntries(pairs) }
        : { substituteStrategy: "Always" };
      draft.strict = pick.chance(0.3);
    },
  ],
  mergeItself: [
    4,
    (draft, pick) => {
      const object = objectOf(draft, pick);
      for (let count = pick.of([1, 2, 3]); count > 0; count--) disturb(object, pick);
      list(draft.spec, "patches").push({
        patch: JSON.stringify(object),
        ...(pick.chance(0.5) && { target: targetOf(object, pick) }),
      });
    },
  ],
  mergeAnother: [
    3,
    (draft, pick) => {
      const object = objectOf(draft, pick);
      const others = draft.directory.objects.filter(({ kind }) => kind === object.kind);
      const patch = others.length === 0 ? object : plain(pick.of(others));
      list(draft.spec, "patches").push({
        patch: JSON.stringify(patch),
        target: { kind: scalarText(object.kind) },
      });
    },
  ],
  jsonPatch: [
    5,
    (draft, pick) => {
      const object = objectOf(draft, pick);
      const operations = Array.from({ length: pick.of([1, 1, 2]) }, () => {
        const path = pathIn(object, pick);
        const end = pick.of([[], [], ["new"], ["-"], ["0"], ["-1"]]);
        const op = pick.of(["add", "add", "replace", "remove", "copy", "move", "test"]);
        return {
          op,
          path: pointer([...path, ...end]),
          ...(["copy", "move"].includes(op)
            ? { from: pointer(pathIn(object, pick)) }
            : { value: pick.of(VALUES) }),
        };
      });
      list(draft.spec, "patches").push({ patch: JSON.stringify(operations), target: targetOf(object, pick) });
    },
  ],
  replacement: [
    4,
    (draft, pick) => {
      const [source, target] = [objectOf(draft, pick), objectOf(draft, pick)];
      const options = pick.of<Mapping>([
        {},
        {},
        { create: true },
        { delimiter: "/", index: 0 },
        { delimiter: "-", index: 1 },
        { delimiter: ":", index: -1 },
      ]);
      const end = pick.of([[], [], ["made"]]);
      const { create, ...sourceOptions } = options;
      const replacement = {
        source: {
          kind: scalarText(source.kind),
          name: scalarText((source.metadata as Mapping).name),
          fieldPath: fieldPath(pathIn(source, pick)),
          ...(create === undefined && pick.chance(0.3) && { options: sourceOptions }),
        },
        targets: [
          {
            select: targetOf(target, pick),
            fieldPaths: [fieldPath([...pathIn(target, pick), ...end])],
            options,
          },
        ],
      };
      appended(draft, `replacements: [${JSON.stringify(replacement)}]`);
    },
  ],
};

/** Names and edits, each as often as its weight says. */
export const RANDOM_EDITS = Object.entries(EDITS).flatMap(([name, [weight, edit]]) =>
  Array<readonly [string, Edit]>(weight).fill([name, edit]),
);
