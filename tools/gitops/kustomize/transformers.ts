import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, setField, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { type FieldSpec, visitField } from "./field-spec.ts";
import { isClusterScoped } from "./kinds.ts";
import { describeId, scalarText, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";

/** `namespace`. Source: filters/namespace and internal/builtins/NamespaceTransformer.go. */
export function setNamespace(
  resources: Resources,
  namespace: string,
  specs: readonly FieldSpec[],
  origin: Origin,
): void {
  for (const resource of resources.all) {
    resource.rememberId();
    if (!isClusterScoped(resource.gvk)) resource.setMetadata("namespace", namespace, origin);
    if (/^(?:Cluster)?RoleBinding$/.test(resource.gvk.kind)) moveDefaultSubjects(resource, namespace, origin);
    for (const spec of specs) {
      if (spec.path === "metadata/namespace") continue;
      if (spec.path === "metadata/name" && scalarText(resource.object.apiVersion) !== "v1") continue;
      visitField(
        resource,
        spec,
        (container, key) => {
          setField(container as Mapping, String(key), namespace, origin);
        },
        { as: "scalar", origin },
      );
    }
    resources.renamed(resource);
    if (resources.withCurrentId(resource.id).length > 1) {
      throw new BuildError(
        `namespace ${namespace} makes two objects one: ${describeId(resource.id)}`,
        origin,
      );
    }
  }
}

/** Of a binding's subjects only those named `default` move; others follow their ServiceAccount by name reference. */
function moveDefaultSubjects(resource: Resource, namespace: string, origin: Origin): void {
  const { subjects } = resource.object;
  if (!Array.isArray(subjects)) return;
  for (const subject of subjects) {
    if (isMapping(subject) && subject.name === "default") setField(subject, "namespace", namespace, origin);
  }
}

const KEEPS_NAME: readonly Partial<Resource["gvk"]>[] = [
  { kind: "CustomResourceDefinition" },
  { group: "apiregistration.k8s.io", kind: "APIService" },
  { kind: "Namespace" },
];

/** `namePrefix` and `nameSuffix`. Source: internal/builtins/PrefixTransformer.go. */
export function affixNames(
  resources: Resources,
  affix: { prefix?: string; suffix?: string },
  origin: Origin,
): void {
  const { prefix = "", suffix = "" } = affix;
  for (const resource of resources.all) {
    const { gvk } = resource.originalId;
    if (
      KEEPS_NAME.some(({ group, kind }) => kind === gvk.kind && (group === undefined || group === gvk.group))
    )
      continue;
    if (prefix !== "") resource.prefixes.push(prefix);
    if (suffix !== "") resource.suffixes.push(suffix);
    resource.rememberId();
    resource.setMetadata("name", `${prefix}${resource.name}${suffix}`, origin);
    resources.renamed(resource);
  }
}

/** `labels`, `commonLabels` and `commonAnnotations`. */
export function setPairs(resources: Resources, pairs: Mapping, specs: readonly FieldSpec[]): void {
  for (const resource of resources.all) {
    for (const key of Object.keys(pairs).sort()) {
      const origin = entryOrigin(pairs, key);
      for (const spec of specs) {
        visitField(
          resource,
          spec,
          (container, field) => {
            const labels = (container as Mapping)[field];
            if (isMapping(labels)) setField(labels, key, scalarText(pairs[key]), origin);
          },
          { as: "mapping", origin },
        );
      }
    }
  }
}

/** One entry of `replicas`. */
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
  if (!found)
    throw new BuildError(
      `there is nothing named ${name} whose replicas could be set`,
      entryOrigin(entry, "name"),
    );
}
