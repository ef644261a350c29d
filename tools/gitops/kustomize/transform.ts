import { entryOrigin, isMapping, type Mapping } from "../yaml/values.ts";
import type { Configuration } from "./configuration.ts";
import type { Directory } from "./directory.ts";
import { setImage } from "./images.ts";
import { addLabels } from "./label-entries.ts";
import { listField, mappings } from "./lists.ts";
import { applyJson6902, applyPatch, applyStrategicMerge } from "./patches.ts";
import { loadReplacements, replace } from "./replacements.ts";
import { scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { affixNames, setNamespace, setPairs, setReplicas } from "./transformers.ts";

/** One change to the objects in a build. */
export type Step = () => void;

/** The transformers of a kustomization in the order of Kustomize's configureBuiltinTransformers. */
export function* transformations(
  resources: Resources,
  fields: Mapping,
  configuration: Configuration,
  here: Directory,
): Generator<Step> {
  const each = function* (field: string, apply: (entry: Mapping) => void): Generator<Step> {
    for (const entry of mappings(fields, field))
      yield () => {
        apply(entry);
      };
  };
  const merges = listField(fields, "patchesStrategicMerge");
  for (const index of merges.keys())
    yield () => {
      applyStrategicMerge(resources, merges, index, here);
    };
  yield* each("patches", (entry) => {
    applyPatch(resources, entry, here);
  });
  yield () => {
    changeNames(resources, fields, configuration);
  };
  yield* each("labels", (entry) => {
    addLabels(resources, entry, configuration);
  });
  yield () => {
    setCommonPairs(resources, fields, configuration);
  };
  yield* each("patchesJson6902", (entry) => {
    applyJson6902(resources, entry, here);
  });
  yield* each("replicas", (entry) => {
    setReplicas(resources, entry, configuration.replicas);
  });
  for (const field of ["images", "imageTags"])
    yield* each(field, (entry) => {
      setImage(resources, entry, configuration.images);
    });
  yield* each("replacements", (entry) => {
    for (const replacement of loadReplacements([entry], here)) replace(resources, replacement);
  });
}

function setCommonPairs(resources: Resources, fields: Mapping, configuration: Configuration): void {
  if (isMapping(fields.commonLabels)) setPairs(resources, fields.commonLabels, configuration.commonLabels);
  if (isMapping(fields.commonAnnotations))
    setPairs(resources, fields.commonAnnotations, configuration.commonAnnotations);
}

function changeNames(resources: Resources, fields: Mapping, configuration: Configuration): void {
  const namespace = scalarText(fields.namespace);
  if (namespace !== "")
    setNamespace(resources, {
      namespace,
      specs: configuration.namespace,
      origin: entryOrigin(fields, "namespace"),
    });
  const [prefix, suffix] = [scalarText(fields.namePrefix), scalarText(fields.nameSuffix)];
  if (prefix !== "")
    affixNames(resources, { prefix }, entryOrigin(fields, "namePrefix"), configuration.namePrefix);
  if (suffix !== "")
    affixNames(resources, { suffix }, entryOrigin(fields, "nameSuffix"), configuration.nameSuffix);
}
