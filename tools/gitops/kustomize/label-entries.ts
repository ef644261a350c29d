import type { Configuration } from "./configuration.ts";
import { entryOrigin, isMapping, type Mapping } from "../yaml/values.ts";
import { unsupported } from "../problem.ts";
import { METADATA_LABELS } from "./default-fields.ts";
import { mergeSpecs } from "./field-spec.ts";
import type { Resources } from "./resources.ts";
import { setPairs } from "./transformers.ts";

/** Applies one entry of `labels`. */
export function addLabels(resources: Resources, entry: Mapping, configuration: Configuration): void {
  if (!isMapping(entry.pairs)) return;
  if (entry.fields !== undefined) throw unsupported("labels with fields", entryOrigin(entry, "fields"));
  if (entry.includeVolumeClaimTemplates === true) {
    throw unsupported(
      "labels with includeVolumeClaimTemplates",
      entryOrigin(entry, "includeVolumeClaimTemplates"),
    );
  }
  let specs = configuration.labels;
  if (entry.includeSelectors === true) specs = mergeSpecs(specs, configuration.commonLabels);
  else {
    if (entry.includeTemplates === true) specs = mergeSpecs(specs, configuration.templateLabels);
    specs = mergeSpecs(specs, [METADATA_LABELS]);
  }
  setPairs(resources, entry.pairs, specs);
}
