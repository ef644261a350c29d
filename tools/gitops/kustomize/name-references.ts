import { oncePer } from "../../../lib/once-per.ts";
import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { NameReference } from "./default-references.ts";
import { visitField, type FieldSpec } from "./field-spec.ts";
import { isClusterScoped, isSelected } from "./kinds.ts";
import { scalarText, type Resource } from "./resource.ts";
import { effectiveNamespace } from "./resource-id.ts";
import type { Resources } from "./resources.ts";
import { setUntyped } from "./untyped.ts";

/**
 * Updates the fields that refer to objects whose name or namespace the build has changed.
 * Source: filters/nameref/nameref.go.
 */
export function updateNameReferences(resources: Resources, references: readonly NameReference[]): void {
  for (const resource of resources.all) requireNamespaces(resource);
  const fields = fieldsOf(references);
  // Kustomize visits the fields even if no object has been renamed, and rejects a path that leads through a scalar.
  for (const referrer of resources.all) {
    const { gvk } = referrer.originalId;
    for (const [reference, field] of [...(fields.get(gvk.kind) ?? []), ...(fields.get(undefined) ?? [])])
      if (isSelected(gvk, field)) {
        requireApiVersion(referrer);
        new ReferenceUpdate(resources, referrer, reference, field).run();
      }
  }
}

/** The fields that refer to other objects, by the kind of the object that they are in; undefined for fields of any kind. */
const fieldsOf = oncePer((references: readonly NameReference[]) =>
  Map.groupBy(
    references.flatMap((reference) => reference.fields.map((field) => [reference, field] as const)),
    ([, { kind }]) => kind,
  ),
);

/** Kustomize rejects a RoleBinding with a subject whose kind or namespace is not a string. Source: getNamespacesForRoleBinding in resmap/reswrangler.go. */
function requireNamespaces({ gvk, object: { subjects } }: Resource): void {
  if (gvk.kind !== "RoleBinding" || !Array.isArray(subjects)) return;
  for (const [index, subject] of subjects.entries()) {
    if (!isMapping(subject))
      throw new BuildError("a subject must be a mapping", entryOrigin(subjects, index));
    if (!Object.hasOwn(subject, "namespace")) continue;
    if (Object.hasOwn(subject, "kind") && typeof subject.kind !== "string")
      throw new BuildError("the kind of this subject must be a string", entryOrigin(subject, "kind"));
    if (subject.kind === "ServiceAccount" && typeof subject.namespace !== "string")
      throw new BuildError(
        "the namespace of this ServiceAccount must be a string: quote it, or remove the field",
        entryOrigin(subject, "namespace"),
      );
  }
}

/** Kustomize compares the text of an apiVersion that is null with an empty text. Source: confirmNodeMatchesReferrer in filters/nameref/nameref.go. */
function requireApiVersion({ object }: Resource): void {
  if (object.apiVersion !== null) return;
  const origin = entryOrigin(object, "apiVersion");
  if (origin.blank === undefined) throw new BuildError("apiVersion must be a string", origin);
}

/** Updates one field of an object that refers to other objects. */
class ReferenceUpdate {
  readonly #resources: Resources;
  readonly #referrer: Resource;
  readonly #reference: NameReference;
  readonly #field: FieldSpec;

  constructor(resources: Resources, referrer: Resource, reference: NameReference, field: FieldSpec) {
    this.#resources = resources;
    this.#referrer = referrer;
    this.#reference = reference;
    this.#field = field;
  }

  run(): void {
    visitField(this.#referrer, { path: this.#field.path }, (container, key) => {
      const value = (container as Mapping)[key] as Value;
      if (Array.isArray(value))
        for (const [index, element] of value.entries()) {
          if (Array.isArray(element))
            throw new BuildError("this element must be a string or a mapping", entryOrigin(value, index));
          this.#entry(value, index);
        }
      else this.#entry(container, key);
    });
  }

  #entry(container: Mapping | Value[], key: string | number): void {
    const value = (container as Mapping)[key];
    const origin = entryOrigin(container, key);
    if (isMapping(value)) this.#mapping(value, origin);
    else if (typeof value === "string") {
      const found = this.#referral(value, undefined, origin);
      if (found && found.name !== value) setUntyped(container, key, found.name, found.origin);
    }
  }

  /** A mapping contains the object's name and namespace, as in the subjects of a binding. */
  #mapping(value: Mapping, origin: Origin): void {
    if (!Object.hasOwn(value, "name"))
      throw new BuildError(
        `this mapping refers to a ${this.#reference.kind ?? "object"}, but has no field \`name\``,
        origin,
      );
    const name = scalarText(value.name);
    const namespace = value.namespace === undefined ? undefined : scalarText(value.namespace);
    const found = this.#referral(name, namespace, origin);
    if (!found) return;
    if (found.name !== name) setUntyped(value, "name", found.name, found.origin);
    if (found.namespace !== "" && found.namespace !== namespace)
      setUntyped(value, "namespace", found.namespace, found.origin);
  }

  #referral(name: string, namespace: string | undefined, origin: Origin): Resource | undefined {
    const referrer = this.#referrer;
    const possible = this.#resources
      .everNamed(name)
      .filter((candidate) => couldBeReferredTo(candidate, referrer));
    let candidates = this.#inNamespace(possible, namespace).filter(
      (candidate) => this.#isMeant(candidate, name) && sameNamespace(candidate, referrer),
    );
    for (const allowNone of [true, false])
      if (candidates.length > 1)
        candidates = candidates.filter((other) => samePrefixesAndSuffixes(other, referrer, allowNone));
    const [first] = candidates;
    const identical = candidates.every(
      (other) =>
        other.name === first?.name && (namespace === undefined || other.namespace === first.namespace),
    );
    if (!identical)
      throw new BuildError(
        `the name ${name} matches more than one ${this.#reference.kind ?? "object"}`,
        origin,
      );
    return first;
  }

  /**
   * The candidates in a namespace. If any object was in this namespace from the start, under whatever name, Kustomize considers no object that has moved there.
   * Source: filterMapCandidatesByNamespace.
   */
  #inNamespace(candidates: readonly Resource[], namespace: string | undefined): readonly Resource[] {
    if (namespace === undefined) return candidates;
    const wasThere = ({ originalId }: Resource): boolean => effectiveNamespace(originalId) === namespace;
    const isUsed = this.#resources.all.some(
      (resource) => wasThere(resource) && couldBeReferredTo(resource, this.#referrer),
    );
    return candidates.filter(isUsed ? wasThere : ({ id }) => effectiveNamespace(id) === namespace);
  }

  #isMeant({ previousIds }: Resource, name: string): boolean {
    return (
      previousIds.some((id) => id.name === name) &&
      previousIds.some(({ gvk }) => isSelected(gvk, this.#reference)) &&
      (!this.#field.path.endsWith("roleRef/name") ||
        previousIds.some(({ gvk }) => isSelected(gvk, roleRef(this.#referrer))))
    );
  }
}

/** Whether the objects are in the same namespace, one of them is cluster-scoped, or a RoleBinding refers to a ServiceAccount in the candidate's namespace. */
function couldBeReferredTo(candidate: Resource, referrer: Resource): boolean {
  if (isClusterScoped(referrer.gvk) || isClusterScoped(candidate.gvk)) return true;
  if (effectiveNamespace(candidate.id) === effectiveNamespace(referrer.id)) return true;
  const { subjects } = referrer.object;
  if (referrer.gvk.kind !== "RoleBinding" || !Array.isArray(subjects)) return false;
  return subjects.some(
    (subject) =>
      isMapping(subject) && subject.kind === "ServiceAccount" && subject.namespace === candidate.namespace,
  );
}

function sameNamespace(candidate: Resource, referrer: Resource): boolean {
  return (
    isClusterScoped(referrer.gvk) ||
    isClusterScoped(candidate.gvk) ||
    candidate.gvk.kind === "ServiceAccount" ||
    effectiveNamespace(candidate.id) === effectiveNamespace(referrer.id)
  );
}

function roleRef({ object }: Resource): { group?: string; kind?: string } {
  const reference = object.roleRef;
  if (!isMapping(reference)) return {};
  return { group: scalarText(reference.apiGroup), kind: scalarText(reference.kind) };
}

function samePrefixesAndSuffixes(a: Resource, b: Resource, allowNone: boolean): boolean {
  const same = (own: readonly string[], other: readonly string[]): boolean =>
    (allowNone && (own.length === 0 || other.length === 0)) || sameEnding(own, other);
  return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes);
}

/** Whether the longer of two lists ends with the shorter one. */
function sameEnding(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  if (length === 0) return a.length === b.length;
  return a.slice(-length).join("\0") === b.slice(-length).join("\0");
}
