import { oncePer } from "../../../lib/once-per.ts";
import { patchFilesIn } from "../kustomize/included-files.ts";
import { strategicMerge } from "../kustomize/merge.ts";
import { Resource } from "../kustomize/resource.ts";
import { attempt } from "../problem.ts";
import type { Repository } from "../yaml/repository.ts";
import { cloneAt, isMapping, originOf, type Mapping } from "../yaml/values.ts";
import { withOverlays } from "./overlaid.ts";
import { fluxKustomizations, isArchived, isBlank, isTemplate, type WrittenObject } from "./written.ts";

/** Every Flux Kustomization in a repository, without patches of one. Archived Kustomizations and templates count only if there are no others. */
export const writtenKustomizations = oncePer((repository: Repository): readonly WrittenObject[] => {
  const documents = fluxKustomizations(repository);
  const patches = patchFilesIn(repository);
  const all = documents
    .filter(
      ({ file, object }) => (isMapping(object.spec) && object.spec.path !== undefined) || !patches.has(file),
    )
    .map((one) => (patches.has(one.file) ? withTemplate(one, documents) : one));
  const overlaid = withOverlays(all, repository);
  const live = overlaid.filter(
    (one) => !isArchived(one.file) && !isTemplate(one.object) && !isBlank(one, repository),
  );
  return live.length > 0 ? live : overlaid;
});

/** A template with the patch that gives it its path. */
function withTemplate(patch: WrittenObject, documents: readonly WrittenObject[]): WrittenObject {
  const { object, file } = patch;
  const [template, ...others] = documents.filter(
    (one) => isTemplate(one.object) && one.file !== file && isSame(one.object, object),
  );
  if (!template || others.length > 0) return patch;
  const { mergeSchema } = new Resource(template.object, originOf(template.object));
  const merged = attempt(
    () => strategicMerge(template.object, object, mergeSchema),
    () => undefined, // Reported when the Kustomization that has the patch is built.
  );
  return merged ? { object: cloneAt(merged, originOf(object)) as Mapping, file, isPatched: true } : patch;
}

function isSame(one: Mapping, other: Mapping): boolean {
  const [a, b] = [one.metadata, other.metadata];
  return isMapping(a) && isMapping(b) && a.name === b.name && a.namespace === b.namespace;
}
