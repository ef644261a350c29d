import { isIn, isKustomizationFile } from "../../../gitops/yaml/paths.ts";
import { posix } from "node:path";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, SourceFile, type Origin, type Position } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import { textFiles } from "../../text-files.ts";
import { yamlFilesIn } from "../../../gitops/yaml/yaml-files.ts";
import { OPTIONS_FILE } from "../../options-file.ts";

/** The lists in a kustomization that can include directories. */
const LISTS = ["resources", "bases", "components"] as const;

/** A kustomization file that includes a directory. */
export interface User {
  readonly file: string;
  readonly fields: Mapping;
  /** The entries that name the directory. */
  readonly entries: readonly { readonly list: (typeof LISTS)[number]; readonly index: number }[];
}

/** Every kustomization file that includes a directory from outside that directory. */
export function usersOf(repository: Repository, directory: string): readonly User[] {
  return yamlFilesIn(repository).flatMap((file) => {
    if (!isKustomizationFile(file) || isIn(file, directory)) return [];
    const fields = repository.parse(file).documents[0]?.value;
    if (!isMapping(fields)) return [];
    const entries = LISTS.flatMap((list) =>
      listOf(fields, list).flatMap((entry, index) =>
        resolves(repository, file, entry) === directory ? [{ list, index }] : [],
      ),
    );
    return entries.length === 0 ? [] : [{ file, fields, entries }];
  });
}

/** The resources and bases of a kustomization file, in their order. */
export function includedBy(repository: Repository, file: string): readonly string[] {
  const fields = repository.parse(file).documents[0]?.value;
  if (!isMapping(fields)) return [];
  return ["resources", "bases"].flatMap((list) =>
    listOf(fields, list).flatMap((entry) => resolves(repository, file, entry) ?? []),
  );
}

/** The path of an entry, relative to the root of the repository. */
export function resolves(repository: Repository, file: string, entry: unknown): string | undefined {
  return typeof entry === "string" && !entry.includes("://")
    ? repository.resolve(posix.dirname(file), entry)
    : undefined;
}

/** A list in a kustomization; empty if the field is missing. */
export function listOf(fields: Mapping, list: string): readonly Value[] {
  return Array.isArray(fields[list]) ? fields[list] : [];
}

/**
 * Where files outside a directory refer to it or to its contents, in values and comments, by a path relative to the file or to the root.
 * The steps' own options do not count.
 */
export function referencesInto(repository: Repository, directory: string): readonly Position[] {
  return (referencesOf(repository).get(directory) ?? []).filter(({ file }) => !isIn(file, directory));
}

/**
 * Where any other text names a directory by the end of its path: scripts, documents, and files that no longer are where their relative paths lead, such as
 * archived apps. Two names are required, because one alone says too little.
 */
export function mentionsOf(repository: Repository, directory: string): readonly Position[] {
  const names = directory.split("/").slice(-3);
  if (names.length < 2) return [];
  const others = textFiles(repository).filter((file) => !isIn(file, directory));
  return others.flatMap((file) => mentionsIn(file, names.join("/"), repository));
}

/** Where a file names a path, or the end of one. */
export function mentionsIn(file: string, path: string, repository: Repository): readonly Position[] {
  const text = fileText(repository, file) ?? "";
  if (!text.includes(path)) return [];
  const source = new SourceFile(file, text);
  const mention = new RegExp(`(?<![\\w-])${RegExp.escape(path)}(?![\\w-])`, "g");
  return [...text.matchAll(mention)].map(({ index }) => locate({ source, offset: index }));
}

/** The references to each file and directory of a repository, collected once. */
const referencesOf = oncePer((repository: Repository): ReadonlyMap<string, readonly Position[]> => {
  const references = new Map<string, Position[]>();
  for (const file of yamlFilesIn(repository)) {
    if (file === OPTIONS_FILE) continue;
    const found = [...inValues(repository, file), ...inComments(repository, file)];
    for (const { word, position } of found)
      for (const path of targetsOf(repository, file, word)) {
        const positions = references.get(path) ?? [];
        references.set(path, positions);
        positions.push(position());
      }
  }
  return references;
});

interface Word {
  readonly word: string;
  readonly position: () => Position;
}

function inValues(repository: Repository, file: string): readonly Word[] {
  return repository
    .parse(file)
    .documents.flatMap(({ value, origin }) => stringsIn(value, origin))
    .map(({ text, origin }) => ({ word: text, position: () => locate(origin) }));
}

function inComments(repository: Repository, file: string): readonly Word[] {
  const lines = (fileText(repository, file) ?? "").split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const comment = /(?:^|\s)#(.*)$/.exec(line)?.[1] ?? "";
    const position = (): Position => ({ file, line: index + 1, column: 1 });
    return comment.split(/[\s"'`,;:()]+/).map((word) => ({ word, position }));
  });
}

/** What a word refers to if it is a path relative to the file or to the root: the file at that path, and the directories above it. */
function targetsOf(repository: Repository, file: string, word: string): ReadonlySet<string> {
  const targets = new Set<string>();
  if (!word.includes("/") || word.includes("://") || word.length > MOST_CHARACTERS) return targets;
  for (const base of [posix.dirname(file), "."]) {
    let path = repository.resolve(base, word.replace(/^-/, ""));
    for (; path !== undefined && path !== "."; path = posix.dirname(path)) targets.add(path);
  }
  return targets;
}

/** The longest path on Linux; a longer word is not a path. */
const MOST_CHARACTERS = 4096;

function stringsIn(value: Value, origin: Origin): readonly { text: string; origin: Origin }[] {
  if (typeof value === "string") return [{ text: value, origin }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]: [string, Value]) =>
    stringsIn(entry, entryOrigin(value, Array.isArray(value) ? Number(key) : key)),
  );
}

/** Every file below a directory. */
export function allFiles(repository: Repository, directory: string): readonly string[] {
  if (!repository.isDirectory(directory)) return [];
  return repository.entries(directory).flatMap((entry) => {
    const path = posix.join(directory, entry.name);
    return entry.isDirectory() ? allFiles(repository, path) : [path];
  });
}
