import type { Type } from "./typed.ts";

const list = (type: Type): Type => ({ list: type });
const map: Type = { map: "string" };
const fields = (all: Readonly<Record<string, Type>>): Type => ({ fields: all });
const strings = (...names: readonly string[]): Readonly<Record<string, Type>> =>
  Object.fromEntries(names.map((name) => [name, "string"] as const));

/** sigs.k8s.io/yaml converts no values for embedded structs. */
const strict = (...names: readonly string[]): Readonly<Record<string, Type>> =>
  Object.fromEntries(names.map((name) => [name, "strictString"] as const));

const GVK = strict("group", "version", "kind");
const ID = { ...GVK, ...strict("name", "namespace") };
export const FIELD_SPEC = fields({ ...GVK, path: "string", create: "boolean" });

const FIELD_SPECS = list(FIELD_SPEC);

/** A file in `configurations`. Source: TransformerConfig in kustomize's api/internal/plugins/builtinconfig. */
export const TRANSFORMER_CONFIGURATION = fields({
  namePrefix: FIELD_SPECS,
  nameSuffix: FIELD_SPECS,
  namespace: FIELD_SPECS,
  commonLabels: FIELD_SPECS,
  labels: FIELD_SPECS,
  templateLabels: FIELD_SPECS,
  commonAnnotations: FIELD_SPECS,
  nameReference: list(fields({ ...GVK, fieldSpecs: FIELD_SPECS })),
  varReference: FIELD_SPECS,
  images: FIELD_SPECS,
  replicas: FIELD_SPECS,
});

const SELECTOR = fields({ ...ID, ...strings("labelSelector", "annotationSelector") });

/** Fields of a `ValueAddTransformer`. */
export const VALUE_ADD = fields({
  ...strings("value", "targetFilePath"),
  targets: list(fields({ selector: SELECTOR, fieldPath: "string", filePathPosition: "integer" })),
});

/** Fields of an `IAMPolicyGenerator`. */
export const IAM_POLICY = fields({
  cloud: "string",
  kubernetesService: fields(strings("name", "namespace")),
  serviceAccount: fields(strings("name", "projectId")),
});

export const PATCH = fields({
  ...strings("path", "patch"),
  target: SELECTOR,
  options: fields({ allowNameChange: "boolean", allowKindChange: "boolean" }),
});

export const IMAGE = fields(strings("name", "newName", "tagSuffix", "newTag", "digest"));
export const REPLICA = fields({ name: "string", count: "integer" });

/** The options and the selectors are part of an embedded struct, too. */
const FIELD_OPTIONS = fields({ ...strict("delimiter", "encoding"), index: "integer", create: "boolean" });
const STRICT_SELECTOR = fields({ ...ID, ...strict("labelSelector", "annotationSelector") });

export const REPLACEMENT = fields({
  path: "string",
  source: fields({ ...ID, fieldPath: "strictString", options: FIELD_OPTIONS }),
  sourceValue: "strictString",
  targets: list(
    fields({
      select: STRICT_SELECTOR,
      reject: list(STRICT_SELECTOR),
      fieldPaths: list("strictString"),
      options: FIELD_OPTIONS,
    }),
  ),
});

export const GENERATOR_OPTIONS = fields({
  labels: map,
  annotations: map,
  disableNameSuffixHash: "boolean",
  immutable: "boolean",
});

const STRICT_MAP: Type = { map: "strictString" };

/** Most fields are those of embedded structs. */
const CONFIG_MAP = {
  ...strict("namespace", "name", "behavior", "env"),
  literals: list("strictString"),
  files: list("strictString"),
  envs: list("strictString"),
  options: fields({
    labels: STRICT_MAP,
    annotations: STRICT_MAP,
    disableNameSuffixHash: "boolean",
    immutable: "boolean",
  }),
} as const;

export const CONFIG_MAP_GENERATOR = fields(CONFIG_MAP);
export const SECRET_GENERATOR = fields({ ...CONFIG_MAP, type: "string" });

const OBJECT_META = fields({ ...strings("name", "namespace"), labels: map, annotations: map });

const VAR = fields({
  name: "string",
  objref: fields({ ...GVK, ...strings("apiVersion", "name", "namespace") }),
  fieldref: fields(strings("fieldPath")),
});

/** Fields of a kustomization. Source: Kustomization in kustomize's api/types. */
export const KUSTOMIZATION = fields({
  ...strings("apiVersion", "kind", "namePrefix", "nameSuffix", "namespace"),
  metadata: OBJECT_META,
  openapi: map,
  commonLabels: map,
  commonAnnotations: map,
  labels: list(
    fields({
      pairs: map,
      includeSelectors: "boolean",
      includeTemplates: "boolean",
      fields: list(FIELD_SPEC),
    }),
  ),
  patchesStrategicMerge: list("string"),
  patchesJson6902: list(PATCH),
  patches: list(PATCH),
  images: list(IMAGE),
  imageTags: list(IMAGE),
  replacements: list(REPLACEMENT),
  replicas: list(REPLICA),
  vars: list(VAR),
  sortOptions: fields({
    order: "string",
    legacySortOptions: fields({ orderFirst: list("string"), orderLast: list("string") }),
  }),
  resources: list("string"),
  bases: list("string"),
  components: list("string"),
  crds: list("string"),
  configMapGenerator: list(CONFIG_MAP_GENERATOR),
  secretGenerator: list(SECRET_GENERATOR),
  generatorOptions: GENERATOR_OPTIONS,
  helmGlobals: "any",
  helmCharts: list("any"),
  helmChartInflationGenerator: list("any"),
  configurations: list("string"),
  generators: list("string"),
  transformers: list("string"),
  validators: list("string"),
  buildMetadata: list("string"),
});
