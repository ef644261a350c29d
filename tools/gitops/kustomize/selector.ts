import { entryOrigin, isMapping, originOf, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { parseLabelSelector } from "./label-selector.ts";
import { effectiveNamespace, scalarText, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";

const FIELDS = new Set([
  "group",
  "version",
  "kind",
  "name",
  "namespace",
  "labelSelector",
  "annotationSelector",
]);

/**
 * The objects that a patch's `target` selects: each field is a regular expression over the whole value, names and namespaces match
 * as they are now or as they were at first, labels and annotations by a label selector. Source: Select in resmap/reswrangler.go.
 */
export function select(resources: Resources, target: Mapping): readonly Resource[] {
  const unknown = Object.keys(target).find((field) => !FIELDS.has(field));
  if (unknown !== undefined)
    throw new BuildError(`a target has no field ${unknown}`, entryOrigin(target, unknown));
  const matcher = (field: string): ((value: string) => boolean) => {
    const pattern = scalarText(target[field]);
    if (pattern === "") return () => true;
    const expression = compile(pattern, target, field);
    return (value) => expression.test(value);
  };
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

function compile(pattern: string, target: Mapping, field: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    throw new BuildError(`the target's ${field} is no regular expression`, entryOrigin(target, field));
  }
}

function metadataMatcher(target: Mapping, field: string): (values: Mapping) => boolean {
  const selector = scalarText(target[field]);
  if (selector === "") return () => true;
  const matches = parseLabelSelector(selector);
  if (!matches)
    throw new BuildError(`${JSON.stringify(selector)} is no selector`, entryOrigin(target, field));
  return (values) =>
    matches(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, scalarText(value)])));
}

/** A patch's target, or undefined where it has none. */
export function targetOf(patch: Mapping): Mapping | undefined {
  const { target } = patch;
  if (target === undefined || target === null) return undefined;
  if (!isMapping(target)) throw new BuildError("a target must be a mapping", originOf(patch));
  return target;
}
