import { describeObject } from "../../../../kube/objects.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { posix } from "node:path";
import { stringify } from "yaml";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { pathOf, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { entryFor, NewFiles } from "../../new-files.ts";
import { nameOf } from "../../objects.ts";
import { usersOf } from "../components/references.ts";
import type { FileChange, Note } from "../../step.ts";
import { presentIn, referencesOf } from "./references.ts";
import type { MovingRoot } from "./root.ts";

/** Name of the Kustomization that deploys the repository's settings and secrets to the target; the stack uses the same name. */
export const settingsName = (target: string): string => `${target}-settings`;

/** The target namespace, and the repository's settings and secrets in it. */
export function targetFiles(
  moving: MovingRoot,
  repository: Repository,
): { readonly changes: readonly FileChange[]; readonly notes: readonly Note[] } {
  const { cluster, targets } = moving;
  const places = placesOf(moving, repository);
  const files = new NewFiles(repository);
  const notes: Note[] = [];
  const add = (target: string, document: string, { directory, lists }: Place): void => {
    const path = posix.join(directory, `${target}.yaml`);
    files.append(path, document);
    for (const list of lists) files.addResource(list, entryFor(path, list));
  };
  for (const target of targets) {
    if (!presentIn(cluster, { kind: "Namespace", namespace: "", name: target }))
      add(target, namespace(target), places.namespace);
    const directories = settingsDirectories(moving, target);
    const [settings] = directories;
    const other = settings === undefined ? undefined : otherObject(moving, settings);
    if (directories.length > 1) notes.push(severalDirectories(target, directories));
    else if (settings !== undefined && other) notes.push(notAlone(target, settings, other));
    else if (settings !== undefined)
      add(target, settingsKustomization(moving, target, settings), places.settings);
  }
  return { changes: files.changes(), notes };
}

/** Where new files go, and the kustomization files that list them. */
interface Place {
  readonly directory: string;
  readonly lists: readonly string[];
}

/** Next to the root. A kustomization with a `namespace` would rename the Namespace itself, so that is among the root's children instead. */
function placesOf(moving: MovingRoot, repository: Repository): Record<"namespace" | "settings", Place> {
  const { root } = moving;
  const settings = {
    directory: posix.dirname(root.origin.source.file),
    lists: kustomizationsWith(moving, repository),
  };
  const renames = settings.lists.some((list) => {
    const fields = repository.parse(list).documents[0]?.value;
    return isMapping(fields) && scalarText(fields.namespace) !== "";
  });
  if (!renames) return { namespace: settings, settings };
  const directory = pathOf(root.object);
  const own = findKustomizationFile(repository, directory);
  return { namespace: { directory, lists: own === undefined ? [] : [own] }, settings };
}

/** The kustomization files that list the root's file, wherever they are; without one, the kustomization file next to it. */
function kustomizationsWith({ root }: MovingRoot, repository: Repository): readonly string[] {
  const { file } = root.origin.source;
  const read = root.kustomization?.filesRead();
  const users = usersOf(repository, file).filter((user) => read?.has(posix.dirname(user.file)));
  const own = findKustomizationFile(repository, posix.dirname(file));
  return users.length > 0 ? users.map((user) => user.file) : own === undefined ? [] : [own];
}

/** Directories with the ConfigMaps and Secrets that a target's children substitute from, unless the target already contains them. */
function settingsDirectories({ cluster, children, targetOf }: MovingRoot, target: string): readonly string[] {
  const needed = children
    .filter(({ object }) => targetOf(object) === target)
    .flatMap(({ object }) => referencesOf(object))
    .filter(({ use }) => use === "substituteFrom")
    .filter(({ kind, name }) => !presentIn(cluster, { kind, name, namespace: target }));
  const holders = cluster.objects.filter(({ object }) =>
    needed.some(
      ({ kind, name, namespace }) =>
        object.kind === kind && nameOf(object).name === name && nameOf(object).namespace === namespace,
    ),
  );
  return [...new Set(holders.map(({ origin }) => posix.dirname(origin.source.file)))];
}

/** Whether the settings Kustomization deploys a Secret to its target. */
export function bringsSecret(moving: MovingRoot, target: string, name: string): boolean {
  return moving.cluster.objects.some(
    (built) =>
      built.object.kind === "Secret" &&
      nameOf(built.object).name === name &&
      isBrought(built, moving, target),
  );
}

/** Whether the settings Kustomization deploys an object to its target. */
export function isBrought({ object, origin }: BuiltObject, moving: MovingRoot, target: string): boolean {
  const directories = settingsDirectories(moving, target);
  return isSetting(object) && directories.includes(posix.dirname(origin.source.file));
}

/** Whether an object only contains values, so that a copy in the target is harmless. */
export function isSetting({ kind }: Mapping): boolean {
  return ["ConfigMap", "Secret", "ExternalSecret"].includes(scalarText(kind));
}

/** An object in or below a directory that must not be deployed a second time. */
function otherObject({ cluster: { objects } }: MovingRoot, directory: string): BuiltObject | undefined {
  return objects.find(
    ({ object, origin }) =>
      `${posix.dirname(origin.source.file)}/`.startsWith(`${directory}/`) && !isSetting(object),
  );
}

function notAlone(target: string, directory: string, { object, origin }: BuiltObject): Note {
  return {
    kind: "refused",
    message: `cannot deploy settings to ${target}: ${directory} also contains ${describeObject(asKubeObject(object))}, which must not be deployed there; move the settings that the children substitute from to a separate directory`,
    position: locate(origin),
  };
}

function severalDirectories(target: string, directories: readonly string[]): Note {
  return {
    kind: "refused",
    message: `cannot deploy settings to ${target}: the children substitute from several directories (${directories.join(", ")}); deploy those to ${target} by hand`,
  };
}

function namespace(name: string): string {
  const annotations = { "kustomize.toolkit.fluxcd.io/prune": "disabled" };
  return stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name, annotations } });
}

/** In the root's namespace, where the source and the decryption key exist. */
function settingsKustomization({ root }: MovingRoot, target: string, directory: string): string {
  const { interval, sourceRef, decryption } = specOf(root.object);
  const { namespace: own } = nameOf(root.object);
  return stringify({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: settingsName(target), namespace: own },
    spec: {
      interval: scalarText(interval) || "30m",
      path: `./${directory}`,
      targetNamespace: target,
      prune: true,
      wait: true,
      deletionPolicy: "Orphan",
      sourceRef: isMapping(sourceRef) ? sourceRefOf(sourceRef) : {},
      ...(isMapping(decryption) && { decryption }),
    },
  });
}

const sourceRefOf = ({ kind, name, namespace }: Mapping): Mapping => ({
  kind: scalarText(kind),
  name: scalarText(name),
  ...(namespace !== undefined && { namespace }),
});
