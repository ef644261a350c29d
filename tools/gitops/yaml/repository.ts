import { isUtf8 } from "node:buffer";
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { BuildError } from "../problem.ts";
import { parseYaml, type ParsedText } from "./parse.ts";
import { SourceFile, type Origin } from "./source.ts";

/** Bytes of the largest file that is read; a Kubernetes object has at most about 1.5 MB. */
const MAX_BYTES = 8 * 1024 * 1024;
const TOO_LARGE = `the file is larger than ${MAX_BYTES / 1024 / 1024} MiB and is not read`;

/** Directories that hold no manifests. */
const SKIPPED_DIRECTORIES = new Set([".git", "node_modules"]);

/** What a directory holds by one name. */
export interface DirectoryEntry {
  readonly name: string;
  /** Not through a symbolic link. */
  isFile(): boolean;
  /** Not through a symbolic link. */
  isDirectory(): boolean;
}

/** By path, relative to the root; undefined for a file that is taken away. */
export type Changes = ReadonlyMap<string, string | undefined>;

/** Where a path lies: in the root as it is written, in the root by a symbolic link, or not in it. */
type Reach = "plain" | "linked" | "outside";

/**
 * A repository's files, each read and parsed once. Paths are relative to its root, with forward slashes; `.` is the root. What
 * leaves the root, also by a symbolic link, does not exist. Files are read when they are asked for, synchronously: thousands of
 * small reads are several times faster so than through the thread pool.
 */
export class Repository {
  /** Absolute. */
  readonly root: string;
  #changes: ReadonlyMap<string, SourceFile | undefined> = new Map();
  /** By directory; made when it is first asked for. */
  #addedBelow: ReadonlyMap<string, readonly DirectoryEntry[]> | undefined;
  // What follows is shared by all that differ by changes only: a step's repository is a copy of the changes, not of thousands of files.
  /** As they are on the disk. */
  #files = new Map<string, SourceFile>();
  #parsed = new WeakMap<SourceFile, ParsedText>();
  #reaches = new Map<string, Reach>();
  /** What directories hold on the disk. */
  #listed = new Map<string, readonly DirectoryEntry[]>();

  constructor(root: string) {
    this.root = realpathSync(root);
  }

  /** The repository as it would be with some files changed; nothing is written. */
  with(changes: Changes): Repository {
    const changed = new Repository(this.root);
    const added = new Map(this.#changes);
    for (const [path, text] of changes)
      added.set(path, text === undefined ? undefined : new SourceFile(path, text));
    changed.#changes = added;
    changed.#files = this.#files;
    changed.#parsed = this.#parsed;
    changed.#reaches = this.#reaches;
    changed.#listed = this.#listed;
    return changed;
  }

  /** A path as written in a file of a directory, relative to the root; undefined where it leaves the root. */
  resolve(directory: string, path: string): string | undefined {
    if (posix.isAbsolute(path)) return undefined;
    const resolved = posix.normalize(posix.join(directory, path)).replace(/(.)\/$/, "$1");
    return resolved === ".." || resolved.startsWith("../") ? undefined : resolved;
  }

  isFile(path: string): boolean {
    if (this.#changes.has(path)) return this.#changes.get(path) !== undefined;
    if (this.#files.has(path)) return true;
    return (
      this.#isInside(path) && (statSync(join(this.root, path), { throwIfNoEntry: false })?.isFile() ?? false)
    );
  }

  isDirectory(path: string): boolean {
    return (
      this.#added(path).length > 0 ||
      (this.#isInside(path) &&
        (statSync(join(this.root, path), { throwIfNoEntry: false })?.isDirectory() ?? false))
    );
  }

  /**
   * The text of a file.
   * @throws BuildError at `from` if there is none
   */
  read(path: string, from: Origin): SourceFile {
    this.#check(path, from);
    return this.#file(path);
  }

  /** Whether a file is too large to be read. */
  isTooLarge(path: string): boolean {
    const known = this.#changes.get(path) ?? this.#files.get(path);
    const size = known?.text.length ?? statSync(join(this.root, path)).size;
    return size > MAX_BYTES;
  }

  #check(path: string, from: Origin): void {
    if (!this.isFile(path)) throw this.absence("file", path, from);
    if (this.isTooLarge(path)) throw new BuildError(`${path}: ${TOO_LARGE}`, from);
  }

  /** What to throw at `from` for a file or a directory that is not there. */
  absence(what: string, path: string, from: Origin): BuildError {
    return new BuildError(`there is no ${what} ${path}`, from);
  }

  /** Whether a path leads through a symbolic link. */
  isLinked(path: string): boolean {
    return !this.#changes.has(path) && this.#reach(path) === "linked";
  }

  /** The bytes of a file. */
  readBytes(path: string, from: Origin): Buffer {
    this.#check(path, from);
    const changed = this.#changes.get(path);
    return changed === undefined ? readFileSync(join(this.root, path)) : Buffer.from(changed.text);
  }

  /** The documents of a YAML file. The values are shared by all who ask: clone what you change. */
  parse(path: string): ParsedText {
    if (this.isTooLarge(path)) return unread(path, TOO_LARGE);
    const file = this.#file(path);
    const parsed = this.#parsed.get(file) ?? this.#parse(file);
    this.#parsed.set(file, parsed);
    return parsed;
  }

  /** Every YAML file below a directory, sorted; symbolic links to directories are not followed. */
  yamlFiles(directory: string): string[] {
    return this.filesBelow(directory, (name) => /\.ya?ml$/.test(name));
  }

  /** Every file below a directory whose name is wanted, sorted; symbolic links to directories are not followed. */
  filesBelow(directory: string, isWanted: (name: string) => boolean): string[] {
    const files: string[] = [];
    for (const entry of this.entries(directory)) {
      const path = posix.join(directory, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_DIRECTORIES.has(entry.name)) files.push(...this.filesBelow(path, isWanted));
      } else if (isWanted(entry.name) && (entry.isFile() || this.isFile(path))) {
        files.push(path);
      }
    }
    return files;
  }

  /** What a directory holds, sorted by name. */
  entries(directory: string): readonly DirectoryEntry[] {
    const added = new Map(this.#added(directory).map((entry) => [entry.name, entry]));
    const kept = this.#present(directory).filter(
      ({ name }) => !this.#changes.has(posix.join(directory, name)) && !added.has(name),
    );
    return [...kept, ...added.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #present(directory: string): readonly DirectoryEntry[] {
    const absolute = join(this.root, directory);
    const known = this.#listed.get(absolute);
    if (known) return known;
    const present = statSync(absolute, { throwIfNoEntry: false })
      ? readdirSync(absolute, { withFileTypes: true })
      : [];
    this.#listed.set(absolute, present);
    return present;
  }

  /** What the changes bring into a directory. */
  #added(directory: string): readonly DirectoryEntry[] {
    this.#addedBelow ??= addedBelow(this.#changes);
    const key = directory === "" ? "." : posix.normalize(directory).replace(/(.)\/$/, "$1");
    return this.#addedBelow.get(key) ?? [];
  }

  /** A text that is not UTF-8 would be read as another one than go-yaml reads. */
  #parse(file: SourceFile): ParsedText {
    const path = file.file;
    const isText =
      !file.text.includes("\ufffd") || this.#changes.has(path) || isUtf8(readFileSync(join(this.root, path)));
    return isText ? parseYaml(file) : unread(path, "the file is not UTF-8 and is not read");
  }

  #file(path: string): SourceFile {
    const known = this.#changes.get(path) ?? this.#files.get(path);
    if (known) return known;
    const file = new SourceFile(path, readFileSync(join(this.root, path), "utf8"));
    this.#files.set(path, file);
    return file;
  }

  /** Whether a path stays inside the root when every link in it is followed. */
  #isInside(path: string): boolean {
    return this.#reach(path) !== "outside";
  }

  #reach(path: string): Reach {
    if (path === "" || path === ".") return "plain";
    let reach = this.#reaches.get(path);
    if (reach === undefined) {
      const above = this.#reach(posix.dirname(path));
      const own = above === "outside" ? above : this.#ownReach(path);
      reach = own === "plain" ? above : own;
      this.#reaches.set(path, reach);
    }
    return reach;
  }

  #ownReach(path: string): Reach {
    const absolute = join(this.root, path);
    try {
      if (!lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink()) return "plain";
      const target = relative(this.root, realpathSync(absolute));
      return target !== ".." && !target.startsWith(`..${sep}`) ? "linked" : "outside";
    } catch {
      // A link to nothing, or a path below a file.
      return "outside";
    }
  }
}

/** The files that changes bring or change, and the directories above them, by the directory that each lies in. */
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
  return { documents: [], errors: [{ message, origin: { source: new SourceFile(path, ""), offset: 0 } }] };
}
