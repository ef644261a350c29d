import { posix } from "node:path";
import type { KubeObject } from "../../../cluster/objects.ts";
import { findKustomizationFile } from "../../build/kustomization-file.ts";
import type { Repository } from "../../documents/repository.ts";
import { locate, SourceFile, type Position } from "../../documents/source.ts";
import { textOf } from "../../documents/text-of.ts";
import { isFields } from "../../documents/values.ts";
import { commentsOfDocument, removeDocument } from "../../edit/document-edit.ts";
import { YamlEdit } from "../../edit/yaml-edit.ts";
import type { BuiltCluster, BuiltObject } from "../../flux/built.ts";
import { pathOf } from "../../flux/flux-kustomization.ts";
import { asKubeObject } from "../../lint/rule-origin.ts";
import { referencesInto } from "../components/references.ts";
import { at } from "../objects.ts";
import type { FileChange, StepContext } from "../step.ts";
import { endpointMaps, indexOf } from "./endpoints.ts";
import { entryOf, type Entry } from "../entries.ts";

/** A ConfigMap of endpoints as one entry of a kustomization brings it to clusters. */
export interface EndpointMap {
  readonly file: string;
  readonly offset: number;
  /** `scanned`: Flux takes in every file of the directory. */
  readonly entry: Entry | "scanned" | undefined;
  readonly position: Position;
  readonly forms: readonly { readonly cluster: BuiltCluster; readonly object: KubeObject }[];
}

/** Every ConfigMap of endpoints, by what takes it in. */
export function mapsOf({ clusters, repository }: StepContext): readonly EndpointMap[] {
  const maps = new Map<string, EndpointMap & { forms: { cluster: BuiltCluster; object: KubeObject }[] }>();
  for (const cluster of clusters) {
    const own = new Set(endpointMaps(indexOf(cluster)));
    for (const built of cluster.objects) {
      const { origin, object, kustomization } = built;
      if (!own.has(asKubeObject(object)) || !(origin.source instanceof SourceFile)) continue;
      const { file } = origin.source;
      const entry = entryFor(built, file, repository);
      const key = JSON.stringify([file, origin.offset, entry ?? kustomization?.object.metadata]);
      const isShared = typeof entry === "object" && !entry.direct;
      const position = isShared ? entry.position : locate(origin);
      const map = maps.get(key) ?? { file, offset: origin.offset, entry, position, forms: [] };
      maps.set(key, map);
      map.forms.push({ cluster, object: asKubeObject(object) });
    }
  }
  return [...maps.values()];
}

function entryFor(
  { kustomization }: BuiltObject,
  file: string,
  repository: Repository,
): EndpointMap["entry"] {
  if (!kustomization) return undefined;
  const directory = pathOf(kustomization.object, repository);
  return findKustomizationFile(repository, directory) === undefined
    ? "scanned"
    : entryOf(repository, directory, file);
}

/**
 * What takes a ConfigMap out, and a sentence for each comment that goes; a reason where its text does not allow it.
 * @param isAlone whether nothing else takes the ConfigMap in
 */
export function takeOut(
  { file, entry, offset, forms: [form] }: EndpointMap,
  isAlone: boolean,
  repository: Repository,
): { readonly changes: readonly FileChange[]; readonly comments: readonly string[] } | string {
  if (entry === undefined) return "no kustomization file names it alone";
  const { documents } = repository.parse(file);
  if (entry !== "scanned" && (!entry.direct || documents.length === 1))
    return withoutEntry(file, entry, repository);
  if (!isAlone) return "its file is read elsewhere too";
  const source = textOf(repository, file) ?? "";
  const name = form?.object.metadata.name;
  const own = documents.filter(({ value }) => isFields(value) && value.kind === "ConfigMap");
  const document = own.find(({ value }) => at(value, ["metadata", "name"]) === name) ?? own[0];
  const start = document?.origin.offset ?? offset;
  const comments = commentsOfDocument(source, start, false).map(goes);
  if (documents.length === 1) return { changes: [{ path: file, text: undefined }], comments };
  const text = removeDocument(source, start);
  return text === undefined
    ? "its document cannot be taken out of its file"
    : { changes: [{ path: file, text }], comments };
}

function withoutEntry(
  file: string,
  { kustomization, direct }: Entry,
  repository: Repository,
): { readonly changes: readonly FileChange[]; readonly comments: readonly string[] } | string {
  // Where it stands now: entries before it may have gone.
  const entry = entryOf(repository, posix.dirname(kustomization), file);
  const edit = new YamlEdit(textOf(repository, kustomization) ?? "");
  const path = [entry?.list ?? "", entry?.index ?? 0];
  const comments = edit.commentsOf(0, path);
  if (!edit.remove(0, path)) return `${kustomization} names it in a form that is not changed`;
  const changes: FileChange[] = [{ path: kustomization, text: edit.text() }];
  const others = referencesInto(repository, file).filter((position) => position.file !== kustomization);
  if (!direct || others.length > 0) return { changes, comments: comments.map(goes) };
  const inFile = commentsOfDocument(textOf(repository, file) ?? "", 0, false);
  return {
    changes: [...changes, { path: file, text: undefined }],
    comments: [...comments, ...inFile].map(goes),
  };
}

const goes = (comment: string): string => `the comment "${comment}" goes with the ConfigMap`;
