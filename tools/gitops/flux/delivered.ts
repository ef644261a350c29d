import { posix } from "node:path";
import type { ParsedText } from "../yaml/parse.ts";
import type { Dialect } from "../yaml/schema.ts";
import { Repository, type Changes, type DirectoryEntry } from "../yaml/repository.ts";
import type { Origin, SourceFile } from "../yaml/source.ts";
import { BuildError } from "../problem.ts";

/** The pattern that excludes a file or directory from a source's artifact; undefined if none does. */
export type LeftOut = (path: string, isDirectory: boolean) => string | undefined;

/** A Flux source's artifact: the repository without symbolic links and without excluded files. */
export class Delivered extends Repository {
  /** Every file that has been read. */
  readonly filesRead = new Set<string>();
  readonly #repository: Repository;
  readonly #leftOut: LeftOut;
  /** The directory in the repository that is the artifact's root. */
  readonly base: string;
  readonly #reasons = new Map<string, string | undefined>();

  constructor(repository: Repository, leftOut: LeftOut, base = ".") {
    super(repository.root);
    this.#repository = repository;
    this.#leftOut = leftOut;
    this.base = base;
  }

  override with(changes: Changes): Delivered {
    return new Delivered(this.#repository.with(changes), this.#leftOut, this.base);
  }

  override isFile(path: string): boolean {
    return this.#repository.isFile(path) && this.#reason(path, false) === undefined;
  }

  /** An excluded directory still exists if something below it is included. */
  override isDirectory(path: string): boolean {
    return (
      this.#repository.isDirectory(path) &&
      (this.#reason(path, true) === undefined ||
        (!this.#repository.isLinked(path) && this.entries(path).length > 0))
    );
  }

  override entries(directory: string): readonly DirectoryEntry[] {
    return this.#repository.entries(directory).filter((entry) => {
      const path = posix.join(directory, entry.name);
      return entry.isDirectory() ? this.isDirectory(path) : entry.isFile() && this.isFile(path);
    });
  }

  override isTooLarge(path: string): boolean {
    return this.#repository.isTooLarge(path);
  }

  override isLinked(path: string): boolean {
    return this.#repository.isLinked(path);
  }

  override read(path: string, from: Origin): SourceFile {
    return this.#delivered(path, from).read(path, from);
  }

  override readBytes(path: string, from: Origin): Buffer {
    return this.#delivered(path, from).readBytes(path, from);
  }

  override parse(path: string, dialect: Dialect = "v3"): ParsedText {
    this.filesRead.add(path);
    return this.#repository.parse(path, dialect);
  }

  override absence(what: string, path: string, from: Origin): BuildError {
    const isDirectory = this.#repository.isDirectory(path);
    const reason = isDirectory || this.#repository.isFile(path) ? this.#reason(path, isDirectory) : undefined;
    return reason === undefined
      ? super.absence(what, path, from)
      : new BuildError(`${path} is not in the Flux source's artifact: ${reason}`, from);
  }

  #delivered(path: string, from: Origin): Repository {
    if (this.#repository.isFile(path) && !this.isFile(path)) throw this.absence("file", path, from);
    this.filesRead.add(path);
    return this.#repository;
  }

  #reason(path: string, isDirectory: boolean): string | undefined {
    const key = isDirectory ? `${path}/` : path;
    if (!this.#reasons.has(key)) this.#reasons.set(key, this.#findReason(path, isDirectory));
    return this.#reasons.get(key);
  }

  #findReason(path: string, isDirectory: boolean): string | undefined {
    if (path === "." || path === "") return undefined;
    if (this.#repository.isLinked(path)) return "artifacts do not contain symbolic links";
    const pattern = this.#leftOut(path, isDirectory);
    return pattern === undefined ? undefined : `excluded by ${pattern}`;
  }
}
