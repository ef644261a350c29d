import { join, posix } from "node:path";
import { MEBIBYTE } from "../../../lib/bytes.ts";
import { oncePer } from "../../../lib/once-per.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { BuildError, NoDirectoryError } from "../problem.ts";
import { Disk, type Answers } from "./disk.ts";
import { BYTE_ORDER_MARK, encodedAs, isWide } from "../../../lib/encoded-text.ts";
import { encodingProblem } from "./encoding.ts";
import { isYamlFile, joined, normalized } from "./paths.ts";
import { parseYaml, type ParsedText } from "./parse.ts";
import type { Dialect } from "./schema.ts";
import { SourceFile, startOf, type Origin } from "./source.ts";

/** The largest file size that is read. A Kubernetes object is at most about 1.5 MB. */
const MAX_BYTES = 8 * MEBIBYTE;
const TOO_LARGE = `the file is larger than ${MAX_BYTES / MEBIBYTE} MiB`;

/** Directories without manifests. */
const SKIPPED_DIRECTORIES = new Set([".git", "node_modules", "cue.mod"]);

/** An entry in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  /** False for a symbolic link to a file. */
  isFile(): boolean;
  /** False for a symbolic link to a directory. */
  isDirectory(): boolean;
}

/** What differs between two copies of a repository. */
export interface Changed {
  /** The files with other contents, including those that are added or removed. */
  readonly contents: ReadonlySet<string>;
  /** The files that are added or removed, and the directories above them. */
  readonly existence: ReadonlySet<string>;
}

/** File contents by path relative to the root; undefined for a file that is removed. */
export type Changes = ReadonlyMap<string, string | SourceFile | undefined>;

/**
 * A repository's files, each read and parsed once. Paths are relative to the root, with forward slashes; `.` is the root. A path that leaves the root, even
 * through a symbolic link, does not exist. Files are read on demand and synchronously, which is several times faster than the thread pool for thousands of
 * small files.
 */
export class Repository {
  /** Absolute path. */
  readonly root: string;
  #changes: ReadonlyMap<string, SourceFile | undefined> = new Map();
  /** The entries that the changes add, keyed by directory; computed on first use. */
  #addedBelow: ReadonlyMap<string, readonly DirectoryEntry[]> | undefined;
  /** An earlier state of the repository: a file with the same text is parsed once for both. */
  readonly #earlier: Repository | undefined;
  readonly #changedSince = new WeakMap<Repository, Changed>();
  // All copies that `with` makes share these fields, so that the cost of a copy depends only on its changes.
  /** The files as they are on disk. */
  #files = new Map<string, SourceFile>();
  #parsed: Readonly<Record<Dialect, WeakMap<SourceFile, ParsedText>>> = {
    v2: new WeakMap(),
    v3: new WeakMap(),
    json: new WeakMap(),
  };
  #disk: Disk;

  /** Why directories and files could not be read, keyed by path. Undefined unless unreadable paths are collected. */
  #unreadable: Map<string, string> | undefined;

  /**
   * @param options.collectUnreadable records unreadable paths in `unreadable` and continues; by default, an unreadable path is an error
   * @param options.earlier the repository at another time; what both contain is parsed once
   * @param options.answers receives everything that is read from disk
   */
  constructor(
    root: string,
    {
      collectUnreadable = false,
      earlier,
      answers,
    }: {
      readonly collectUnreadable?: boolean;
      readonly earlier?: Repository;
      readonly answers?: Answers;
    } = {},
  ) {
    this.#disk = new Disk(root, answers);
    this.root = this.#disk.root;
    this.#earlier = earlier;
    if (earlier !== undefined) this.#parsed = earlier.#parsed;
    if (collectUnreadable) this.#unreadable = new Map();
  }

  /** Why directories and files could not be read so far, keyed by path. */
  get unreadable(): ReadonlyMap<string, string> {
    return this.#unreadable ?? new Map();
  }

  /** Identifies what is on disk: the same object for all copies that `with` makes. */
  get disk(): object {
    return this.#disk;
  }

  /** The repository with some files changed. Nothing is written. */
  with(changes: Changes): Repository {
    const changed = new Repository(this.root);
    const added = new Map(this.#changes);
    for (const [path, text] of changes)
      added.set(path, typeof text === "string" ? new SourceFile(path, text, this.#isWide(path, text)) : text);
    changed.#changes = added;
    changed.#files = this.#files;
    changed.#parsed = this.#parsed;
    changed.#disk = this.#disk;
    changed.#unreadable = this.#unreadable;
    return changed;
  }

  /** What differs between this copy and another one that `with` made. */
  changedSince(earlier: Repository): Changed {
    const known = this.#changedSince.get(earlier) ?? this.#differing(earlier);
    this.#changedSince.set(earlier, known);
    return known;
  }

  #differing(other: Repository): Changed {
    const contents = new Set<string>();
    const existence = new Set<string>();
    for (const path of new Set([...this.#changes.keys(), ...other.#changes.keys()])) {
      const isSame = this.#changes.get(path) === other.#changes.get(path);
      if (isSame && this.#changes.has(path) === other.#changes.has(path)) continue;
      contents.add(path);
      if (this.isFile(path) === other.isFile(path)) continue;
      for (let above = path; !existence.has(above); above = posix.dirname(above)) existence.add(above);
    }
    return { contents, existence };
  }

  /** Resolves a path that is written in a file in the given directory. The result is relative to the root; undefined if it leaves the root. */
  resolve(directory: string, path: string): string | undefined {
    if (posix.isAbsolute(path)) return undefined;
    const resolved = normalized(joined(directory, path));
    return resolved === ".." || resolved.startsWith("../") ? undefined : resolved;
  }

  isFile(path: string): boolean {
    if (this.#changes.has(path)) return this.#changes.get(path) !== undefined;
    if (this.#files.has(path)) return true;
    return this.#disk.isFile(path);
  }

  isDirectory(path: string): boolean {
    return this.#added(path).length > 0 || this.#disk.isDirectory(path);
  }

  /** The text of a file. @throws BuildError with the location `from` if the file does not exist */
  read(path: string, from: Origin): SourceFile {
    this.#check(path, from);
    return this.#file(path);
  }

  /** Whether a file is too large to read. */
  isTooLarge(path: string): boolean {
    const known = this.#changes.get(path) ?? this.#files.get(path);
    const size = known?.text.length ?? this.#disk.size(path);
    return size > MAX_BYTES;
  }

  /** Whether Flux may read a file that cannot be read here. */
  isReadByFlux(path: string): boolean {
    return this.isTooLarge(path);
  }

  #check(path: string, from: Origin): void {
    if (!this.isFile(path)) throw this.absence("file", path, from);
    if (this.isTooLarge(path)) throw new BuildError(`${path}: ${TOO_LARGE}`, from);
  }

  /** The error, with the location `from`, for a file or directory that does not exist. */
  absence(what: string, path: string, from: Origin): BuildError {
    return what === "directory"
      ? new NoDirectoryError(path, from)
      : new BuildError(`the ${what} ${path} does not exist`, from);
  }

  /** Whether a path goes through a symbolic link. */
  isLinked(path: string): boolean {
    return !this.#changes.has(path) && this.#disk.isLinked(path);
  }

  /** The bytes of a file. */
  readBytes(path: string, from: Origin): Buffer {
    this.#check(path, from);
    const changed = this.#changes.get(path);
    if (changed !== undefined)
      return changed.isWide ? encodedAs(changed.text, this.#disk.bytes(path)) : Buffer.from(changed.text);
    return this.#unlessUnreadable(path, () => this.#disk.bytes(path)) ?? Buffer.alloc(0);
  }

  /** The documents in a YAML file. All callers share the values, so clone before changing them. */
  parse(path: string, dialect: Dialect = "v3"): ParsedText {
    if (this.isTooLarge(path)) return unread(path, TOO_LARGE);
    const file = this.#file(path);
    const parsed = this.#parsed[dialect].get(file) ?? this.#parse(file, dialect);
    this.#parsed[dialect].set(file, parsed);
    return parsed;
  }

  /** All YAML files below a directory, sorted. Symbolic links to directories are not followed. */
  yamlFiles(directory: string): string[] {
    return this.filesBelow(directory, isYamlFile);
  }

  /** All files below a directory, sorted; only those with a name that `isWanted` accepts. Symbolic links to directories are not followed. */
  filesBelow(directory: string, isWanted: (name: string) => boolean): string[] {
    const files: string[] = [];
    for (const entry of this.entries(directory)) {
      const path = joined(directory, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_DIRECTORIES.has(entry.name)) files.push(...this.filesBelow(path, isWanted));
      } else if (isWanted(entry.name) && (entry.isFile() || this.isFile(path))) {
        files.push(path);
      }
    }
    return files;
  }

  /** The entries of a directory, sorted by name. */
  entries(directory: string): readonly DirectoryEntry[] {
    if (this.#changes.size === 0) return this.#present(directory);
    const added = new Map(this.#added(directory).map((entry) => [entry.name, entry]));
    const kept = this.#present(directory).filter(
      ({ name }) => !this.#changes.has(joined(directory, name)) && !added.has(name),
    );
    return [...kept, ...added.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #present(directory: string): readonly DirectoryEntry[] {
    return this.#unlessUnreadable(directory, () => this.#disk.entries(directory)) ?? [];
  }

  /** The entries that the changes add to a directory. */
  #added(directory: string): readonly DirectoryEntry[] {
    this.#addedBelow ??= addedBelow(this.#changes);
    return this.#addedBelow.get(normalized(directory)) ?? [];
  }

  /** Returns what `read` returns. If the path cannot be read, records that and returns undefined. */
  #unlessUnreadable<T>(path: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!["EACCES", "EPERM", "EIO"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      const reason =
        "cannot be read: " +
        ((error as NodeJS.ErrnoException).code === "EIO" ? "I/O error" : "permission denied");
      if (this.#unreadable === undefined)
        throw new EdgefirstError(
          `${join(this.root, path)} ${reason}.`,
          "Make the path readable for this user, then re-run.",
          { cause: error },
        );
      this.#unreadable.set(path, reason);
      return undefined;
    }
  }

  /** Refuses text that is not UTF-8, since go-yaml would read it differently. */
  #parse(file: SourceFile, dialect: Dialect): ParsedText {
    const path = file.file;
    if (file.text.startsWith(GIT_CRYPT))
      return unread(path, "git-crypt has encrypted it: run `git-crypt unlock` first");
    const problem = this.#isOddText(file) ? encodingProblem(this.#disk.bytes(path)) : undefined;
    if (problem !== undefined) return unread(path, problem);
    return dialect === "v3" ? parsedOnce(file) : parseYaml(file, { dialect });
  }

  /** Whether the bytes of a file may be something else than UTF-8. */
  #isOddText({ file, text }: SourceFile): boolean {
    return !this.#changes.has(file) && /[\0\ufffd]/.test(text);
  }

  /** Whether a text is, or will be written, in UTF-16. */
  #isWide(path: string, text: string): boolean {
    return text.startsWith(BYTE_ORDER_MARK) && this.#disk.isFile(path) && isWide(this.#disk.bytes(path));
  }

  #file(path: string): SourceFile {
    const known = this.#changes.get(path) ?? this.#files.get(path);
    if (known) return known;
    const text = this.#unlessUnreadable(path, () => this.#disk.text(path)) ?? "";
    const same = this.#earlier === undefined ? undefined : this.#earlier.#files.get(path);
    const file = same?.text === text ? same : new SourceFile(path, text, this.#isWide(path, text));
    this.#files.set(path, file);
    return file;
  }
}

/** How git-crypt begins each file that it has encrypted. Source: https://github.com/AGWA/git-crypt, commands.cpp */
const GIT_CRYPT = "\0GITCRYPT\0";

/** The documents in a file, which several copies of a repository may contain. */
export const parsedOnce = oncePer((file: SourceFile): ParsedText => parseYaml(file));

/** The files that the changes add or modify, and the directories above them, by parent directory. */
function addedBelow(
  changes: ReadonlyMap<string, SourceFile | undefined>,
): ReadonlyMap<string, readonly DirectoryEntry[]> {
  const found = new Map<string, Map<string, DirectoryEntry>>();
  const add = (path: string, isFile: boolean): void => {
    const directory = posix.dirname(path);
    const entries = found.get(directory) ?? new Map<string, DirectoryEntry>();
    const name = posix.basename(path);
    if (entries.has(name)) return;
    entries.set(name, { name, isFile: () => isFile, isDirectory: () => !isFile });
    found.set(directory, entries);
    if (directory !== ".") add(directory, false);
  };
  for (const [path, file] of changes) if (file !== undefined) add(path, true);
  return new Map([...found].map(([directory, entries]) => [directory, [...entries.values()]]));
}

function unread(path: string, message: string): ParsedText {
  return { documents: [], errors: [{ message, origin: startOf(path) }] };
}
