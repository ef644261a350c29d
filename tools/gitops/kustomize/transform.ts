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

/** Applies the transformers of a kustomization in the order of Kustomize's configureBuiltinTransformers. */
export function transform(
  resources: Resources,
  fields: Mapping,
  configuration: Configuration,
  here: Directory,
): void {
  const merges = listField(fields, "patchesStrategicMerge");
  for (const index of merges.keys()) applyStrategicMerge(resources, merges, index, here);
  for (const entry of mappings(fields, "patches")) applyPatch(resources, entry, here);
  changeNames(resources, fields, configuration);
  for (const entry of mappings(fields, "labels")) addLabels(resources, entry, configuration);
  if (isMapping(fields.commonLabels)) setPairs(resources, fields.commonLabels, configuration.commonLabels);
  if (isMapping(fields.commonAnnotations))
    setPairs(resources, fields.commonAnnotations, configuration.commonAnnotations);
  for (const entry of mappings(fields, "patchesJson6902")) applyJson6902(resources, entry, here);
  for (const entry of mappings(fields, "replicas")) setReplicas(resources, entry, configuration.replicas);
  for (const field of ["images", "imageTags"])
    for (const entry of mappings(fields, field)) setImage(resources, entry, configuration.images);
  for (const replacement of loadReplacements(mappings(fields, "replacements"), here))
    replace(resources, replacement);
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
  if (prefix !== "") affixNames(resources, { prefix }, entryOrigin(fields, "namePrefix"));
  if (suffix !== "") affixNames(resources, { suffix }, entryOrigin(fields, "nameSuffix"));
}
