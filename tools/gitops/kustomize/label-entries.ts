import { fieldSpec, type Configuration } from "./configuration.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import { METADATA_LABELS } from "./default-fields.ts";
import { mergeSpecs } from "./field-spec.ts";
import { mappings } from "./lists.ts";
import type { Resources } from "./resources.ts";
import { setPairs } from "./transformers.ts";

/** Applies one entry of `labels`. Source: LabelTransformer in kusttarget_configplugin.go. */
export function addLabels(resources: Resources, entry: Mapping, configuration: Configuration): void {
  if (!isMapping(entry.pairs)) return;
  let specs = mergeSpecs(mappings(entry, "fields").map(fieldSpec), configuration.labels);
  if (entry.includeSelectors === true) specs = mergeSpecs(specs, configuration.commonLabels);
  else {
    if (entry.includeTemplates === true) specs = mergeSpecs(specs, configuration.templateLabels);
    specs = mergeSpecs(specs, [METADATA_LABELS]);
  }
  setPairs(resources, entry.pairs, specs);
}
