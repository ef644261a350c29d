import { writtenStyle } from "../yaml/go-yaml-writer.ts";
import { styleOf, type Origin, type ScalarStyle } from "../yaml/source.ts";
import { entryOrigin, isMapping, setField, type Mapping, type Value } from "../yaml/values.ts";
import { isDate, resolvePlain } from "../yaml/schema.ts";
import { BuildError, UnmatchedError } from "../problem.ts";
import { type FieldSpec, type FieldVisitor, visitField } from "./field-spec.ts";
import { scalarText, writtenText, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { replaceScalar } from "./shared-scalar.ts";

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
        const name = `${prefix}${writtenText(present, before)}${suffix}`;
        const style = styleOf(present, before);
        setField(container as Mapping, String(key), name, { ...origin, style, isUntyped: true });
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
  for (const resource of resources.all)
    for (const key of Object.keys(pairs).sort())
      setPair(resource, { key, text: scalarText(pairs[key]), origin: entryOrigin(pairs, key) }, specs);
}

/** Sets a label or an annotation in the fields of one object. The fields that lack it share it afterwards. */
function setPair(
  resource: Resource,
  { key, text, origin }: { readonly key: string; readonly text: string; readonly origin: Origin },
  specs: readonly FieldSpec[],
): void {
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
      if (style === "plain" && isQuoted(text)) style = "quoted";
      added.push(pairs);
      setField(pairs, key, text, origin);
    } else if (pairs !== null && pairs !== undefined)
      throw new BuildError(`${field} must be a mapping`, entryOrigin(container, field));
  };
  for (const spec of specs) visitField(resource, spec, set, { as: "mapping", origin });
  const shared = added.length > 1 ? { shared: Symbol(key) } : {};
  for (const pairs of added) setField(pairs, key, text, { ...origin, style, ...shared });
}

/** Whether Kustomize quotes a string that it sets, because YAML 1.1 would read it as another value. Source: IsYaml1_1NonString in kyaml. */
function isQuoted(text: string): boolean {
  return text !== "" && !isDate(text) && writtenStyle(text) === "quoted";
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
