import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../yaml/values.ts";
import type { Configuration } from "./configuration.ts";
import type { Directory } from "./directory.ts";
import { setImage } from "./images.ts";
import { addLabels } from "./label-entries.ts";
import { listField, mappings } from "./lists.ts";
import { applyJson6902, applyPatch, strategicMerges } from "./patches.ts";
import { loadReplacements, replace } from "./replacements.ts";
import { scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { setNamespace } from "./set-namespace.ts";
import { affixNames, setPairs, setReplicas } from "./transformers.ts";

/** One change to the objects in a build. */
export interface Step {
  /** The built-in transformer that makes it. */
  readonly kind: string;
  /** Each may fail without the others. */
  readonly parts: readonly (() => void)[];
}

const step = (kind: string, run: () => void): Step => ({ kind, parts: [run] });

/** The transformers of a kustomization in the order of Kustomize's configureBuiltinTransformers. */
export function transformations(
  resources: Resources,
  fields: Mapping,
  configuration: Configuration,
  here: Directory,
): readonly Step[] {
  const each = (kind: string, field: string, apply: (entry: Mapping) => void): readonly Step[] =>
    mappings(fields, field).map((entry) =>
      step(kind, () => {
        apply(entry);
      }),
    );
  const merges = listField(fields, "patchesStrategicMerge");
  const replacementParts = mappings(fields, "replacements").map((entry) => () => {
    for (const replacement of loadReplacements([entry], here)) replace(resources, replacement);
  });
  const setImages = (entry: Mapping): void => {
    setImage(resources, entry, configuration.images);
  };
  return [
    { kind: "PatchStrategicMergeTransformer", parts: strategicMerges(resources, merges, here) },
    ...each("PatchTransformer", "patches", (entry) => {
      applyPatch(resources, entry, here);
    }),
    ...nameChanges(resources, fields, configuration),
    ...each("LabelTransformer", "labels", (entry) => {
      addLabels(resources, entry, configuration);
    }),
    ...commonPairs(resources, fields, configuration),
    ...each("PatchJson6902Transformer", "patchesJson6902", (entry) => {
      applyJson6902(resources, entry, here);
    }),
    ...each("ReplicaCountTransformer", "replicas", (entry) => {
      setReplicas(resources, entry, configuration.replicas);
    }),
    ...each("ImageTagTransformer", "images", setImages),
    ...each("ImageTagTransformer", "imageTags", setImages),
    { kind: "ReplacementTransformer", parts: replacementParts },
  ].filter(({ parts }) => parts.length > 0);
}

function nameChanges(
  resources: Resources,
  fields: Mapping,
  { namespace: specs, namePrefix, nameSuffix }: Configuration,
): readonly Step[] {
  const change = (
    kind: string,
    field: string,
    apply: (text: string, origin: Origin) => void,
  ): readonly Step[] => {
    const text = scalarText(fields[field]);
    if (text === "") return [];
    return [
      step(kind, () => {
        apply(text, entryOrigin(fields, field));
      }),
    ];
  };
  return [
    ...change("NamespaceTransformer", "namespace", (namespace, origin) => {
      setNamespace(resources, { namespace, specs, origin });
    }),
    ...change("PrefixTransformer", "namePrefix", (prefix, origin) => {
      affixNames(resources, { prefix }, origin, namePrefix);
    }),
    ...change("SuffixTransformer", "nameSuffix", (suffix, origin) => {
      affixNames(resources, { suffix }, origin, nameSuffix);
    }),
  ];
}

/** Kustomize runs the transformer of `commonLabels` also if there are only `labels`. */
function commonPairs(
  resources: Resources,
  { labels, commonLabels, commonAnnotations }: Mapping,
  configuration: Configuration,
): readonly Step[] {
  const isGiven = (values: Value | undefined): boolean =>
    typeof values === "object" && values !== null && Object.keys(values).length > 0;
  const setLabels = step("LabelTransformer", () => {
    if (isMapping(commonLabels)) setPairs(resources, commonLabels, configuration.commonLabels);
  });
  const setAnnotations = step("AnnotationsTransformer", () => {
    if (isMapping(commonAnnotations)) setPairs(resources, commonAnnotations, configuration.commonAnnotations);
  });
  return [
    ...(isGiven(labels) || isGiven(commonLabels) ? [setLabels] : []),
    ...(isGiven(commonAnnotations) ? [setAnnotations] : []),
  ];
}
