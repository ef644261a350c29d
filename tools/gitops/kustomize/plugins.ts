import { parseYaml, type ParsedText } from "../yaml/parse.ts";
import { EmbeddedText, type Origin } from "../yaml/source.ts";
import {
  copyMapping,
  entryOrigin,
  isMapping,
  mappingsIn,
  originOf,
  setField,
  valueAt,
  type Mapping,
  type Value,
} from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { PluginOrigin } from "./build-metadata.ts";
import { fieldSpec } from "./configuration.ts";
import type { Directory } from "./directory.ts";
import type { FieldSpec } from "./field-spec.ts";
import { generate } from "./generators.ts";
import { appendHashes } from "./hash.ts";
import { setImage } from "./images.ts";
import {
  CONFIG_MAP_GENERATOR,
  FIELD_SPEC,
  IAM_POLICY,
  IMAGE,
  KUSTOMIZATION,
  PATCH,
  REPLICA,
  SECRET_GENERATOR,
} from "./kustomization-type.ts";
import { listField, mappings } from "./lists.ts";
import { localPath } from "./local-path.ts";
import { applyJson6902, applyNamed, applyPatch, strategicMerges } from "./patches.ts";
import { loadReplacements, replace } from "./replacements.ts";
import { expandLists } from "./document-objects.ts";
import { Resource, scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { setNamespace, type NamespaceChange } from "./set-namespace.ts";
import { affixNames, setPairs, setReplicas } from "./transformers.ts";
import { readTyped, type Type } from "./typed.ts";
import { addValue } from "./value-add.ts";

/** A directory with a kustomization. */
export interface PluginDirectory extends Directory {
  /** Builds the kustomization in another directory. */
  readonly build: (path: string, origin: Origin) => readonly Mapping[];
}

/** Changes the objects in a build. */
export type Transformer = (resources: Resources) => void;

/** The transformers listed in `transformers`, as files or inline objects. */
export function transformersOf(
  fields: Mapping,
  directory: PluginDirectory,
): readonly ConfiguredTransformer[] {
  return configurations(fields, "transformers", directory).map(({ config, file }) => {
    const make = builtin(config, TRANSFORMERS);
    return { transform: make(config, directory), file, id: idOf(config) };
  });
}

/** Where a plugin is configured. */
interface Configured {
  /** Path of the configuration file, relative to the kustomization; undefined if it is inline. */
  readonly file: string | undefined;
  readonly id: PluginOrigin["configuredBy"];
}

interface ConfiguredTransformer extends Configured {
  readonly transform: Transformer;
}

interface ConfiguredGenerator extends Configured {
  readonly generate: () => Resource;
}

function idOf({ kind, metadata }: Mapping): PluginOrigin["configuredBy"] {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  return {
    apiVersion: "builtin",
    kind: scalarText(kind),
    name: scalarText(name),
    ...(scalarText(namespace) !== "" && { namespace: scalarText(namespace) }),
  };
}

/** The generators listed in `generators`. */
export function generatorsOf(fields: Mapping, directory: PluginDirectory): readonly ConfiguredGenerator[] {
  return configurations(fields, "generators", directory).map(({ config, file }) => {
    const make = builtin(config, GENERATORS);
    return { generate: () => make(config, directory), file, id: idOf(config) };
  });
}

/** The objects in a list of paths and inline objects. A directory contains a kustomization that builds them. */
function configurations(
  fields: Mapping,
  field: string,
  directory: PluginDirectory,
): readonly { readonly config: Mapping; readonly file: string | undefined }[] {
  const list = listField(fields, field);
  const read = [...list.keys()].map((index) => ({ index, ...readEntry(list, index, directory) }));
  // Kustomize runs the inline ones first.
  const { inline = [], files = [] } = Object.groupBy(read, ({ isInline }) => (isInline ? "inline" : "files"));
  return [...inline, ...files].flatMap(({ index, documents, errors, isInline }) => {
    const file = isInline ? undefined : scalarText(list[index]);
    const [error] = errors;
    if (error) throw new BuildError(error.message, error.origin, "syntax");
    return documents.flatMap(({ value, origin }) => {
      if (isMapping(value)) return expandLists(value).map((config) => ({ config, file }));
      throw new BuildError("this is not a Kubernetes object", origin);
    });
  });
}

function readEntry(
  list: Value[],
  index: number,
  directory: PluginDirectory,
): ParsedText & { readonly isInline: boolean } {
  const [entry, origin] = [scalarText(list[index]), entryOrigin(list, index)];
  const inline = parseYaml(new EmbeddedText(entry, origin));
  if (inline.errors.length === 0 && inline.documents.every(({ value }) => isMapping(value)))
    return { ...inline, isInline: true };
  const path = localPath(directory, entry, origin);
  if (directory.repository.isFile(path)) return { ...directory.repository.parse(path), isInline: false };
  if (directory.repository.isDirectory(path)) {
    const documents = directory.build(path, origin).map((value) => ({
      value,
      origin: originOf(value),
      oddKey: undefined,
    }));
    return { documents, errors: [], isInline: false };
  }
  throw directory.repository.absence("file or directory", path, origin);
}

function builtin<Make>(config: Mapping, makers: Readonly<Record<string, Make>>): Make {
  const kind = scalarText(config.kind);
  const make = scalarText(config.apiVersion) === "builtin" ? makers[kind] : undefined;
  if (!make)
    throw new BuildError(`Flux runs only built-in plugins, and ${kind} is not built in`, originOf(config));
  return make;
}

type MakeTransformer = (config: Mapping, directory: Directory) => Transformer;

const FIELD_SPECS: Type = { list: FIELD_SPEC };
const TEXTS: Type = { map: "string" };

/** A field in a plugin's configuration, found regardless of case: plugins spell some names differently from a kustomization. */
function field(config: Mapping, name: string, type: Type): Value | undefined {
  const key = Object.keys(config).find((own) => own.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? undefined : config[key];
  if (key === undefined || value === undefined || value === null) return undefined;
  return readTyped(value, type, "lenient", entryOrigin(config, key));
}

/** A copy of a configuration with some fields replaced. */
function withFields(config: Mapping, fields: Mapping): Mapping {
  const copy = copyMapping(config);
  for (const name of Object.keys(fields)) setField(copy, name, fields[name] as Value, originOf(config));
  return copy;
}

const mapping = (config: Mapping, name: string, type: Type): Mapping => {
  const value = field(config, name, type);
  return isMapping(value) ? value : {};
};

function specsOf(config: Mapping): readonly FieldSpec[] {
  return mappingsIn(field(config, "fieldSpecs", FIELD_SPECS)).map(fieldSpec);
}

const affix =
  (name: "prefix" | "suffix"): MakeTransformer =>
  (config) =>
  (resources) => {
    const value = scalarText(field(config, name, "string"));
    if (value !== "") affixNames(resources, { [name]: value }, originOf(config), specsOf(config));
  };

const pairs =
  (name: "labels" | "annotations"): MakeTransformer =>
  (config) =>
  (resources) => {
    const values = field(config, name, TEXTS);
    if (isMapping(values)) setPairs(resources, values, specsOf(config));
  };

const TRANSFORMERS: Readonly<Record<string, MakeTransformer>> = {
  NamespaceTransformer: (config) => (resources) => {
    const { namespace } = mapping(config, "metadata", { fields: { name: "string", namespace: "string" } });
    const subjects = scalarText(field(config, "setRoleBindingSubjects", "string")) || "defaultOnly";
    if (scalarText(namespace) !== "")
      setNamespace(resources, {
        namespace: scalarText(namespace),
        specs: specsOf(config),
        origin: originOf(config),
        unsetOnly: field(config, "unsetOnly", "boolean") === true,
        subjects: subjects as NonNullable<NamespaceChange["subjects"]>,
      });
  },
  PrefixSuffixTransformer: (config, directory) => {
    const [prefix, suffix] = [affix("prefix")(config, directory), affix("suffix")(config, directory)];
    return (resources) => {
      prefix(resources);
      suffix(resources);
    };
  },
  PrefixTransformer: affix("prefix"),
  SuffixTransformer: affix("suffix"),
  LabelTransformer: pairs("labels"),
  AnnotationsTransformer: pairs("annotations"),
  ImageTagTransformer: (config) => (resources) => {
    setImage(resources, mapping(config, "imageTag", IMAGE), specsOf(config));
  },
  ReplicaCountTransformer: (config) => (resources) => {
    setReplicas(resources, mapping(config, "replica", REPLICA), specsOf(config));
  },
  PatchTransformer: (config, directory) => (resources) => {
    applyPatch(resources, readTyped(config, PATCH, "lenient", originOf(config)) as Mapping, directory);
  },
  PatchJson6902Transformer: (config, directory) => (resources) => {
    const entry = withFields(config, { patch: config.jsonOp ?? null });
    applyJson6902(resources, readTyped(entry, PATCH, "lenient", originOf(config)) as Mapping, directory);
  },
  PatchStrategicMergeTransformer: (config, directory) => (resources) => {
    const paths = field(config, "paths", { list: "string" });
    const inline = scalarText(field(config, "patches", "string"));
    if (Array.isArray(paths)) for (const apply of strategicMerges(resources, paths, directory)) apply();
    if (inline !== "") {
      const origin = entryOrigin(config, "patches");
      applyNamed(resources, new EmbeddedText(inline, origin), origin);
    }
  },
  HashTransformer: () => appendHashes,
  ValueAddTransformer: addValue,
  ReplacementTransformer: (config, directory) => (resources) => {
    const entries = mappings(
      readTyped(config, KUSTOMIZATION, "lenient", originOf(config)) as Mapping,
      "replacements",
    );
    for (const replacement of loadReplacements(entries, directory)) replace(resources, replacement);
  },
};

type MakeGenerator = (config: Mapping, directory: Directory) => Resource;

const generator =
  (kind: "ConfigMap" | "Secret"): MakeGenerator =>
  (config, directory) => {
    const meta = isMapping(config.metadata) ? config.metadata : {};
    const entry = withFields(config, {
      name: config.name ?? meta.name ?? "",
      namespace: config.namespace ?? meta.namespace ?? "",
    });
    const type = kind === "ConfigMap" ? CONFIG_MAP_GENERATOR : SECRET_GENERATOR;
    const typed = readTyped(entry, type, "lenient", originOf(config)) as Mapping;
    return generate({ kind, entry: typed, options: {} }, directory);
  };

/** The ServiceAccount that acts for an account of Google Cloud. Source: filters/iampolicygenerator. */
function iamPolicy(config: Mapping): Resource {
  const typed = readTyped(config, IAM_POLICY, "lenient", originOf(config)) as Mapping;
  if (typed.cloud !== "gke")
    throw new BuildError(`an IAMPolicyGenerator supports only the cloud gke`, originOf(config));
  const [service, account] = [typed.kubernetesService, typed.serviceAccount].map((value) =>
    isMapping(value) ? value : {},
  );
  const email = `${scalarText(account?.name)}@${scalarText(account?.projectId)}.iam.gserviceaccount.com`;
  const namespace = scalarText(service?.namespace);
  const origin = originOf(config);
  const object = valueAt(
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: {
        annotations: { "iam.gke.io/gcp-service-account": email },
        name: scalarText(service?.name),
        ...(namespace !== "" && { namespace }),
      },
    },
    origin,
  );
  return new Resource(object as Mapping, origin);
}

const GENERATORS: Readonly<Record<string, MakeGenerator>> = {
  IAMPolicyGenerator: iamPolicy,
  ConfigMapGenerator: generator("ConfigMap"),
  SecretGenerator: generator("Secret"),
};
