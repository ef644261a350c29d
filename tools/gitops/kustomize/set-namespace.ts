import { styleOf, type Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, setField, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { type FieldSpec, visitField } from "./field-spec.ts";
import { isClusterScoped } from "./kinds.ts";
import { describeId } from "./resource-id.ts";
import { scalarText, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";

/** Which subjects of bindings to move. */
export const SUBJECTS = ["defaultOnly", "allServiceAccounts", "none"] as const;

/** A namespace to set, and which fields to set it in. */
export interface NamespaceChange {
  readonly namespace: string;
  readonly specs: readonly FieldSpec[];
  readonly origin: Origin;
  /** Whether only empty fields are set. */
  readonly unsetOnly?: boolean;
  /**
   * Which subjects of bindings to move to the namespace; by default only those named `default`, because the name references of other subjects are updated with their
   * ServiceAccount.
   */
  readonly subjects?: (typeof SUBJECTS)[number];
}

/** Applies `namespace`. Source: filters/namespace and internal/builtins/NamespaceTransformer.go. */
export function setNamespace(resources: Resources, change: NamespaceChange): void {
  const { namespace, origin } = change;
  for (const resource of resources.all) {
    resource.rememberId();
    moveToNamespace(resource, change);
    resources.renamed(resource);
    if (resources.withCurrentId(resource.id).length > 1) {
      throw new BuildError(
        `in namespace ${namespace}, two objects have the same id: ${describeId(resource.id)}`,
        origin,
      );
    }
  }
}

/** Sets the namespace of one object, and in its fields that name it. Source: filters/namespace. */
export function moveToNamespace(resource: Resource, change: NamespaceChange): void {
  const { namespace, specs, origin, unsetOnly = false } = change;
  const set = (container: Mapping | Value[], key: string | number): void => {
    const present = (container as Mapping)[key];
    if (typeof present === "object" && present !== null)
      throw new BuildError(`${key} must be a string`, entryOrigin(container, key));
    if (unsetOnly && present !== undefined && present !== null && present !== "") return;
    const style = styleOf(present, entryOrigin(container, key));
    setField(container as Mapping, String(key), namespace, {
      ...origin,
      style,
      text: namespace,
      type: "string",
    });
  };
  if (!isClusterScoped(resource.gvk)) {
    if (!isMapping(resource.object.metadata)) resource.setMetadata("namespace", "", origin);
    set(resource.metadata, "namespace");
  }
  const isBinding = /^(?:Cluster)?RoleBinding$/.test(resource.gvk.kind);
  if (isBinding) moveSubjects(resource, change, set);
  for (const spec of specs) {
    if (spec.path === "metadata/namespace" || (isBinding && spec.path === "subjects/namespace")) continue;
    if (spec.path === "metadata/name" && scalarText(resource.object.apiVersion) !== "v1") continue;
    visitField(resource, spec, set, { as: "scalar", origin });
  }
}

function moveSubjects(
  { object }: Resource,
  { subjects: which = "defaultOnly" }: NamespaceChange,
  set: (container: Mapping, key: string) => void,
): void {
  const { subjects } = object;
  if (subjects === undefined || subjects === null) return;
  const refuse = (origin: Origin): never => {
    throw new BuildError("subjects must be a list of mappings with names", origin);
  };
  if (!Array.isArray(subjects)) return which === "none" ? undefined : refuse(entryOrigin(object, "subjects"));
  const moves = {
    defaultOnly: ({ name }: Mapping) => name === "default",
    allServiceAccounts: ({ kind }: Mapping) => kind === "ServiceAccount",
    none: () => false,
  }[which];
  for (const [index, subject] of subjects.entries()) {
    if (which !== "none" && !isMapping(subject) && subject !== null) refuse(entryOrigin(subjects, index));
    if (
      which === "defaultOnly" &&
      isMapping(subject) &&
      typeof subject.name === "object" &&
      subject.name !== null
    )
      refuse(entryOrigin(subject, "name"));
    if (isMapping(subject) && moves(subject)) set(subject, "namespace");
  }
}
