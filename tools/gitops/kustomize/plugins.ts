import { EmbeddedText } from "../yaml/source.ts";
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
import { mappings } from "./lists.ts";
import { applyJson6902, applyNamed, applyPatch, strategicMerges } from "./patches.ts";
import { configurations, idOf, type PluginDirectory } from "./plugin-entries.ts";
import { loadReplacements, replace } from "./replacements.ts";
import { Resource, scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { setNamespace, SUBJECTS } from "./set-namespace.ts";
import { affixNames, setPairs, setReplicas } from "./transformers.ts";
import { readTyped, type Type } from "./typed.ts";
import { addValue } from "./value-add.ts";

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

/** The generators listed in `generators`. */
export function generatorsOf(fields: Mapping, directory: PluginDirectory): readonly ConfiguredGenerator[] {
  return configurations(fields, "generators", directory).map(({ config, file }) => {
    const make = builtin(config, GENERATORS);
    return { generate: () => make(config, directory), file, id: idOf(config) };
  });
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
    if (field(config, "fieldSpecs", FIELD_SPECS) === undefined)
      throw new BuildError(`this ${scalarText(config.kind)} needs fieldSpecs`, originOf(config));
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

function subjectsOf(config: Mapping): (typeof SUBJECTS)[number] {
  const text = scalarText(field(config, "setRoleBindingSubjects", "string")) || "defaultOnly";
  const known = SUBJECTS.find((own) => own === text);
  if (known === undefined)
    throw new BuildError(
      `setRoleBindingSubjects must be ${SUBJECTS.join(", ")} or missing, not ${text}`,
      originOf(config),
    );
  return known;
}

const TRANSFORMERS: Readonly<Record<string, MakeTransformer>> = {
  NamespaceTransformer: (config) => (resources) => {
    const { namespace } = mapping(config, "metadata", { fields: { name: "string", namespace: "string" } });
    const subjects = subjectsOf(config);
    if (scalarText(namespace) !== "")
      setNamespace(resources, {
        namespace: scalarText(namespace),
        specs: specsOf(config),
        origin: originOf(config),
        unsetOnly: field(config, "unsetOnly", "boolean") === true,
        subjects,
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
