import { placeOf, styleOf, type Origin, type ScalarStyle } from "../yaml/source.ts";
import { entryOrigin, isMapping, setField, type Mapping, type Value } from "../yaml/values.ts";
import { resolvePlain } from "../yaml/schema.ts";
import { BuildError, UnmatchedError } from "../problem.ts";
import { type FieldSpec, type FieldVisitor, visitField } from "./field-spec.ts";
import { withBuildAnnotations } from "./build-annotations.ts";
import { scalarText, writtenText, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { replaceScalar } from "./shared-scalar.ts";
import { setUntyped } from "./untyped.ts";
import { isNonString } from "./yaml-1-1.ts";

const KEEPS_NAME: readonly Partial<Resource["gvk"]>[] = [
  { kind: "CustomResourceDefinition" },
  { group: "apiregistration.k8s.io", kind: "APIService" },
  { kind: "Namespace" },
];

/** Applies `namePrefix` and `nameSuffix`. Source: internal/builtins/PrefixTransformer.go. */
export function affixNames(
  resources: Resources,
  affix: { readonly prefix?: string; readonly suffix?: string },
  origin: Origin,
  specs: readonly FieldSpec[],
): void {
  const { prefix = "", suffix = "" } = affix;
  for (const resource of resources.all) {
    const { gvk } = resource.originalId;
    if (
      KEEPS_NAME.some(({ group, kind }) => kind === gvk.kind && (group === undefined || group === gvk.group))
    )
      continue;
    for (const spec of specs) {
      if (spec.path === "metadata/name") {
        if (prefix !== "") resource.prefixes.push(prefix);
        if (suffix !== "") resource.suffixes.push(suffix);
        resource.rememberId();
      }
      visitField(resource, spec, (container, key) => {
        const present = (container as Mapping)[key] ?? null;
        const before = entryOrigin(container, key);
        setUntyped(container, key, `${prefix}${writtenText(present, before)}${suffix}`, origin);
      });
    }
    resources.renamed(resource);
  }
}

/** Applies `labels`, `commonLabels` or `commonAnnotations`. */
export function setPairs(resources: Resources, pairs: Mapping, specs: readonly FieldSpec[]): void {
  for (const key of Object.keys(pairs))
    if (resources.all.length > 0 && typeof resolvePlain(key) !== "string")
      throw new BuildError(
        `Kustomize cannot set the key ${key}, because it would write the key without quotes`,
        entryOrigin(pairs, key),
      );
  const change = (): void => {
    for (const resource of resources.all)
      for (const key of Object.keys(pairs).sort()) setPair(resource, pairAt(pairs, key), specs);
  };
  // Annotations that exist only because Kustomize has put its own there count as well.
  if (specs.some(({ path, create }) => create !== true && /^\/?metadata\/annotations(?:\/|$)/.test(path)))
    withBuildAnnotations(resources.all, false, change);
  else change();
}

/** A label or an annotation to set. */
interface Pair {
  readonly key: string;
  readonly text: string;
  readonly origin: Origin;
}

/** The value is a string, even if it is a date without quotes. */
function pairAt(pairs: Mapping, key: string): Pair {
  const text = scalarText(pairs[key]);
  return { key, text, origin: { ...entryOrigin(pairs, key), text, type: "string" } };
}

/** Sets a label or an annotation in the fields of one object. The fields that lack it share it afterwards. */
function setPair(resource: Resource, { key, text, origin }: Pair, specs: readonly FieldSpec[]): void {
  const added: Mapping[] = [];
  // A scalar that it replaces passes its style on to the fields after it.
  let style: ScalarStyle = "plain";
  const set: FieldVisitor = (container, field) => {
    const pairs = (container as Mapping)[field];
    if (isMapping(pairs) && Object.hasOwn(pairs, key)) {
      style = styleOf(pairs[key], entryOrigin(pairs, key));
      replaceScalar(
        resource.object,
        { container: pairs, key },
        { value: text, origin: { ...origin, style } },
      );
    } else if (isMapping(pairs)) {
      if (style === "plain" && isNonString(text)) style = "quoted";
      added.push(pairs);
      setField(pairs, key, text, origin);
    } else if (pairs !== null && pairs !== undefined)
      throw new BuildError(`${field} must be a mapping`, entryOrigin(container, field));
  };
  for (const spec of specs) visitField(resource, spec, set, { as: "mapping", origin: placeOf(origin) });
  const shared = added.length > 1 ? { shared: Symbol(key) } : {};
  for (const pairs of added) setField(pairs, key, text, { ...origin, style, ...shared });
}

/** Applies one entry of `replicas`. */
export function setReplicas(resources: Resources, entry: Mapping, specs: readonly FieldSpec[]): void {
  const name = scalarText(entry.name);
  const origin = entryOrigin(entry, "count");
  const named = resources.everNamed(name).filter((resource) => resource.ids.some((id) => id.name === name));
  let found = false;
  for (const spec of specs) {
    for (const resource of named) {
      if (spec.kind !== undefined && spec.kind !== resource.gvk.kind) continue;
      found = true;
      const set = (container: Mapping | Value[], key: string | number): void => {
        setField(container as Mapping, String(key), entry.count ?? 0, origin);
      };
      visitField(resource, spec, set, { as: "scalar", origin });
    }
  }
  if (!found) throw new UnmatchedError(`no object named ${name} has replicas`, entryOrigin(entry, "name"));
}
