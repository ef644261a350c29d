import { isMapping, originOf, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { mappings } from "./lists.ts";
import type { ResourceId } from "./resource-id.ts";
import { scalarText, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { fieldMatcher, metadataMatcher } from "./selector.ts";

/** The objects that match a target's `select` and not its `reject`. Namespaces are compared as written. */
export function targetsOf(resources: Resources, target: Mapping): readonly Resource[] {
  if (!isMapping(target.select))
    throw new BuildError("a target of a replacement needs the field `select`", originOf(target));
  const selects = idMatcher(target.select);
  const matches = metadataOf(target.select);
  const rejects = mappings(target, "reject").map((reject) => ({
    byId: IDS.some((field) => scalarText(reject[field]) !== "") ? idMatcher(reject) : () => false,
    byMetadata: ["labelSelector", "annotationSelector"].some((field) => scalarText(reject[field]) !== "")
      ? metadataOf(reject)
      : () => false,
  }));
  return resources.all.filter(
    (resource) =>
      matches(resource) &&
      resource.ids.some(selects) &&
      !rejects.some(({ byId, byMetadata }) => byMetadata(resource) || resource.ids.some(byId)),
  );
}

const IDS = ["group", "version", "kind", "name", "namespace"];

function idMatcher(selector: Mapping): (id: ResourceId) => boolean {
  const [group, version, kind, name, namespace] = IDS.map((field) => fieldMatcher(selector, field));
  return (id) =>
    [
      group?.(id.gvk.group),
      version?.(id.gvk.version),
      kind?.(id.gvk.kind),
      name?.(id.name),
      namespace?.(id.namespace),
    ].every((isMatch) => isMatch === true);
}

function metadataOf(selector: Mapping): (resource: Resource) => boolean {
  const labels = metadataMatcher(selector, "labelSelector");
  const annotations = metadataMatcher(selector, "annotationSelector");
  return (resource) => labels(resource.labels) && annotations(resource.annotations);
}
