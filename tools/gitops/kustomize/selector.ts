import { entryOrigin, isMapping, originOf, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { wholePattern } from "./go-pattern.ts";
import { parseLabelSelector } from "./label-selector.ts";
import { scalarText, type Resource } from "./resource.ts";
import { effectiveNamespace } from "./resource-id.ts";
import type { Resources } from "./resources.ts";

/**
 * The objects that a patch's `target` selects. Each field is a regular expression that must match the whole value. Names and namespaces may match the current
 * or the original value; labels and annotations are matched by a label selector. Source: Select in resmap/reswrangler.go.
 */
export function select(resources: Resources, target: Mapping): readonly Resource[] {
  const matcher = (field: string): ((value: string) => boolean) => fieldMatcher(target, field);
  const group = matcher("group");
  const version = matcher("version");
  const kind = matcher("kind");
  const name = matcher("name");
  const namespace = matcher("namespace");
  const labels = metadataMatcher(target, "labelSelector");
  const annotations = metadataMatcher(target, "annotationSelector");
  return resources.all.filter((resource) => {
    const { gvk, id, originalId } = resource;
    return (
      [originalId, id].some((own) => namespace(effectiveNamespace(own))) &&
      [originalId, id].some((own) => name(own.name)) &&
      group(gvk.group) &&
      version(gvk.version) &&
      kind(gvk.kind) &&
      labels(resource.labels) &&
      annotations(resource.annotations)
    );
  });
}

/** Whether a value matches a selector field, a regular expression that must match the whole value. Without the field, any value matches. */
export function fieldMatcher(selector: Mapping, field: string): (value: string) => boolean {
  const pattern = scalarText(selector[field]);
  if (pattern === "") return () => true;
  const expression = wholePattern(pattern, entryOrigin(selector, field));
  return (value) => expression.test(value);
}

/** Whether labels or annotations match a selector's `labelSelector` or `annotationSelector`. */
export function metadataMatcher(target: Mapping, field: string): (values: Mapping) => boolean {
  const selector = scalarText(target[field]);
  if (selector === "") return () => true;
  const matches = parseLabelSelector(selector);
  if (!matches)
    throw new BuildError(`${JSON.stringify(selector)} is not a label selector`, entryOrigin(target, field));
  return (values) =>
    matches(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, scalarText(value)])));
}

/** A patch's target; undefined if the patch has none. */
export function targetOf(patch: Mapping): Mapping | undefined {
  const { target } = patch;
  if (target === undefined || target === null) return undefined;
  if (!isMapping(target))
    throw new BuildError("the field `target` of a patch must be a mapping", originOf(patch));
  return target;
}
