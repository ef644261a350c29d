import { findKustomizationFile, readKustomizationFile } from "../gitops/kustomize/kustomization-file.ts";
import { filesOf } from "../gitops/kustomize/included-files.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { YamlEdit } from "../gitops/edit/yaml-edit.ts";
import { locate, startOf, type Position } from "../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping } from "../gitops/yaml/values.ts";
import { attempt } from "../gitops/problem.ts";
import { oncePer } from "../../lib/once-per.ts";
import { listOf, resolves, usersOf } from "./steps/components/references.ts";

/** The entry by which a kustomization includes a file, directly or through a directory that contains nothing else. */
export interface Entry {
  readonly kustomization: string;
  readonly list: string;
  readonly index: number;
  readonly position: Position;
  /** The entry names the file itself. */
  readonly direct: boolean;
  /** Length of the list, if the kustomization has no other field. */
  readonly soleOf: number | undefined;
}

/**
 * Removes entries from their kustomization; returns false if the text cannot be edited. If no entry remains, an empty list is kept, because
 * Kustomize does not build an empty kustomization.
 */
export function removeEntries(edit: YamlEdit, entries: readonly Entry[]): boolean {
  const [first] = entries;
  if (first?.soleOf === entries.length) return edit.replace(0, [first.list], "resources: []");
  return entries.every(({ list, index }) => edit.remove(0, [list, index]));
}

const HEAD = ["apiVersion", "kind"];
const LISTS = ["resources", "bases", "components"];
/** A kustomization with any other field also changes or generates other objects. */
const PLAIN = new Set([...HEAD, "metadata", ...LISTS]);

/**
 * The entry that includes a file, searched from a directory's kustomization down; undefined if every such entry includes other files as
 * well.
 */
export function entryOf(repository: Repository, directory: string, file: string): Entry | undefined {
  const kustomization = findKustomizationFile(repository, directory);
  if (kustomization === undefined) return undefined;
  const fields = repository.parse(kustomization).documents[0]?.value;
  if (!isMapping(fields)) return undefined;
  const found = entriesOf(repository).of(kustomization, fields).get(file);
  if (!found) return undefined;
  const { list, index, path, direct } = found;
  const entries = listOf(fields, list);
  const position = locate(entryOrigin(entries as Mapping[string][], index));
  return direct || holdsOnly(repository, path, file)
    ? { kustomization, list, index, position, direct, soleOf: soleOf(fields, list) }
    : entryOf(repository, path, file);
}

/** Every entry that names a file itself, in the kustomizations of all directories. */
export function entriesNaming(repository: Repository, file: string): readonly Entry[] {
  return usersOf(repository, file).flatMap(({ file: kustomization, fields, entries }) =>
    entries.map(({ list, index }) => {
      const all = listOf(fields, list);
      const position = locate(entryOrigin(all as Mapping[string][], index));
      return { kustomization, list, index, position, direct: true, soleOf: soleOf(fields, list) };
    }),
  );
}

function soleOf(fields: Mapping, list: string): number | undefined {
  const isSole = Object.keys(fields).every((key) => [...HEAD, list].includes(key));
  return isSole ? listOf(fields, list).length : undefined;
}

/** An entry of a kustomization, and whether it names a file itself. */
interface Inclusion {
  readonly list: string;
  readonly index: number;
  readonly path: string;
  readonly direct: boolean;
}

/** The entries in a repository's kustomizations, by the files that they include. Collected once, because some kustomizations list a thousand. */
class EntryIndex {
  readonly #repository: Repository;
  readonly #known = new Map<string, ReadonlyMap<string, Inclusion>>();
  readonly #files = new Map<string, ReadonlySet<string>>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The first entry of a kustomization that includes each file. */
  of(kustomization: string, fields: Mapping): ReadonlyMap<string, Inclusion> {
    const known = this.#known.get(kustomization);
    if (known) return known;
    const inclusions = new Map<string, Inclusion>();
    for (const list of LISTS)
      for (const [index, name] of listOf(fields, list).entries()) {
        const path = resolves(this.#repository, kustomization, name);
        if (path === undefined) continue;
        for (const file of [path, ...this.filesIn(path)])
          if (!inclusions.has(file)) inclusions.set(file, { list, index, path, direct: file === path });
      }
    this.#known.set(kustomization, inclusions);
    return inclusions;
  }

  /** Files and directories that a directory's kustomization reads. */
  filesIn(directory: string): ReadonlySet<string> {
    const files = this.#files.get(directory) ?? filesIn(this.#repository, directory) ?? new Set();
    this.#files.set(directory, files);
    return files;
  }
}

const entriesOf = oncePer((repository: Repository) => new EntryIndex(repository));

/** Files and directories that a directory's kustomization reads. */
function filesIn(repository: Repository, directory: string): ReadonlySet<string> | undefined {
  if (!repository.isDirectory(directory)) return undefined;
  return attempt(() => filesOf(repository, readKustomizationFile(repository, directory, startOf(directory))));
}

function holdsOnly(repository: Repository, directory: string, file: string): boolean {
  return [...entriesOf(repository).filesIn(directory)].every((path) => {
    if (repository.isFile(path)) return path === file && repository.parse(path).documents.length === 1;
    const kustomization = findKustomizationFile(repository, path);
    const fields = kustomization === undefined ? null : repository.parse(kustomization).documents[0]?.value;
    return isMapping(fields) && Object.keys(fields).every((key) => PLAIN.has(key));
  });
}
