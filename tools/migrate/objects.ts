import { locate, originKey, SourceFile, type Origin, type Position } from "../gitops/yaml/source.ts";
import { isMapping, originAt, type Mapping, type PathStep, type Value } from "../gitops/yaml/values.ts";
import { idOf, nameOf } from "../gitops/kustomize/object-name.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import type { Note, StepContext } from "./step.ts";
import type { GroupKind } from "../../policy/engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";

export { idOf, nameOf } from "../gitops/kustomize/object-name.ts";

/** Where a step's objects come from. */
type ObjectContext = Pick<StepContext, "clusters" | "repository">;

/** An object written in a file, and the form in which each cluster receives it. */
export interface WrittenObject {
  readonly file: string;
  /** The text of the file. */
  readonly text: string;
  readonly origin: Origin;
  readonly position: Position;
  readonly forms: readonly BuiltObject[];
}

/**
 * The matching objects that are whole documents, in the order in which clusters receive them. Items in a List and generated objects are not
 * included: see {@link embeddedObjects}.
 */
export function writtenObjects(
  { clusters, repository }: ObjectContext,
  matches: (object: Mapping) => boolean,
): readonly WrittenObject[] {
  return [...objectsByOrigin(clusters, matches).values()].filter((written) =>
    isDocument(written, repository),
  );
}

/** Notes on the matching objects that no step can edit, because they are generated or items in a List. */
export function embeddedObjects(
  { clusters, repository }: ObjectContext,
  matches: (object: Mapping) => boolean,
): readonly Note[] {
  return [...objectsByOrigin(clusters, matches).values()]
    .filter((written) => !isDocument(written, repository))
    .map(({ forms, position }) => ({
      kind: "left",
      message: `${scalarText(forms[0]?.object.kind)} ${idOf(forms[0]?.object ?? {})} is left unchanged: it is generated, or an item in a List, and only whole documents can be edited`,
      position,
    }));
}

function objectsByOrigin(
  clusters: readonly BuiltCluster[],
  matches: (object: Mapping) => boolean,
): ReadonlyMap<string, WrittenObject> {
  const found = new Map<string, WrittenObject & { forms: BuiltObject[] }>();
  for (const built of clusters.flatMap(({ objects }) => objects)) {
    const { origin, object } = built;
    if (!matches(object) || !(origin.source instanceof SourceFile)) continue;
    const { file, text } = origin.source;
    const key = originKey(origin);
    const written = found.get(key) ?? { file, text, origin, position: locate(origin), forms: [] };
    found.set(key, written);
    written.forms.push(built);
  }
  return found;
}

function isDocument(
  { file, origin }: Pick<WrittenObject, "file" | "origin">,
  repository: Repository,
): boolean {
  return findDocument({ file, origin }, repository) !== undefined;
}

/** The object as written in its file, before Flux's substitution and any patch; undefined if it is not a separate document. */
export function findDocument(
  { file, origin }: Pick<WrittenObject, "file" | "origin">,
  repository: Repository,
): Mapping | undefined {
  const { value } =
    repository.parse(file).documents.find(({ origin: { offset } }) => offset === origin.offset) ?? {};
  return isMapping(value) ? value : undefined;
}

/** Like {@link findDocument}, for one of {@link writtenObjects}. */
export function asWritten(written: Pick<WrittenObject, "file" | "origin">, repository: Repository): Mapping {
  const document = findDocument(written, repository);
  if (!document) throw new Error(`${written.file} has no document at offset ${written.origin.offset}`);
  return document;
}

/** The objects in a cluster with the given kind and name, in any API group and namespace. */
export function objectsNamed(cluster: BuiltCluster, kind: string, name: string): readonly BuiltObject[] {
  return byKindAndName(cluster).get(`${kind} ${name}`) ?? [];
}

const byKindAndName = oncePer(({ objects }: BuiltCluster) =>
  Map.groupBy(objects, ({ object }) => `${scalarText(object.kind)} ${nameOf(object).name}`),
);

/** The first object with the given kind, namespace and name in any of the clusters. */
export function objectNamed(
  clusters: readonly BuiltCluster[],
  wanted: GroupKind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): BuiltObject | undefined {
  for (const cluster of clusters) {
    const found = objectsNamed(cluster, wanted.kind, name).find(
      ({ object }) => isKind(object, wanted) && nameOf(object).namespace === namespace,
    );
    if (found) return found;
  }
  return undefined;
}

/** Whether an object has the given kind and API group. */
export function isKind(object: Mapping, { group, kind }: GroupKind): boolean {
  const version = scalarText(object.apiVersion);
  return object.kind === kind && (group === "" ? !version.includes("/") : version.startsWith(`${group}/`));
}

/** The value at a path; undefined if the path does not exist. */
export function fieldAt(value: Value | undefined, path: readonly PathStep[]): Value | undefined {
  return path.reduce<Value | undefined>(
    (inner, step) =>
      Array.isArray(inner) ? inner[Number(step)] : isMapping(inner) ? inner[step] : undefined,
    value,
  );
}

/** `file:line` of the place that gives an object the value at a path, which may be a patch. */
export function placeOf(object: Mapping, path: readonly PathStep[]): string {
  const { file, line } = locate(originAt(object, path));
  return `${file}:${line}`;
}

/** The mapping at a path; an empty one if the path does not exist. */
export function fieldsIn(value: Value | undefined, path: readonly PathStep[]): Mapping {
  const fields = fieldAt(value, path);
  return isMapping(fields) ? fields : {};
}
