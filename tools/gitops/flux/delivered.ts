import type { ParsedText } from "../yaml/parse.ts";
import type { Dialect } from "../yaml/schema.ts";
import { joined, normalized } from "../yaml/paths.ts";
import { Repository, type Changes, type DirectoryEntry } from "../yaml/repository.ts";
import type { Origin, SourceFile } from "../yaml/source.ts";
import { BuildError } from "../problem.ts";
import { KeptResults, type Kept } from "./kept-results.ts";

/** Why a file or directory is not in a source's artifact. */
export interface Exclusion {
  readonly reason: string;
  /** The line of Flux's own list, which any line of an ignore file replaces. */
  readonly fluxLine?: string | undefined;
}

/** Why a file or directory is not in a source's artifact; undefined if it is. */
export type LeftOut = (path: string, isDirectory: boolean) => Exclusion | undefined;

/** What a computation depends on so far. */
interface Recording {
  readonly asked: Set<string>;
  readonly read: Set<string>;
  readonly inputs: Set<string>;
}

/** A Flux source's artifact: the repository without symbolic links and without excluded files. */
export class Delivered extends Repository {
  /** Every file that has been read. */
  readonly filesRead = new Set<string>();
  readonly #repository: Repository;
  readonly #leftOut: LeftOut;
  /** The directory in the repository that is the artifact's root. */
  readonly base: string;
  readonly #reasons = new Map<string, string | undefined>();
  readonly #kept: KeptResults;
  /** The computations of {@link once} that are under way. */
  readonly #recordings: Recording[] = [];

  /** @param kept what earlier states of the same artifact had */
  constructor(repository: Repository, leftOut: LeftOut, base = ".", kept = new KeptResults()) {
    super(repository.root);
    this.#repository = repository;
    this.#leftOut = leftOut;
    this.base = base;
    this.#kept = kept;
  }

  /** The lines of Flux's own list that keep files of the repository out. */
  fluxExclusions(): readonly string[] {
    const files = this.#repository.filesBelow(".", () => true);
    return [...new Set(files.flatMap((file) => this.#leftOut(file, false)?.fluxLine ?? []))];
  }

  override with(changes: Changes): Delivered {
    return new Delivered(this.#repository.with(changes), this.#leftOut, this.base);
  }

  /**
   * The result of a computation on this artifact's files. It is computed again only if something that it depends on has changed since.
   * @param inputs other files that the result depends on
   */
  once<Result>(key: string, compute: () => Result, inputs: Iterable<string> = []): Result {
    const kept = this.#kept.find(key, this.#repository) ?? this.#keep(key, compute, inputs);
    for (const path of kept.asked) this.#ask(path);
    for (const path of kept.read) this.#read(path);
    for (const path of kept.inputs) this.#recordings.at(-1)?.inputs.add(path);
    return kept.value as Result;
  }

  #keep(key: string, compute: () => unknown, inputs: Iterable<string>): Kept {
    const recording = { asked: new Set<string>(), read: new Set<string>(), inputs: new Set(inputs) };
    this.#recordings.push(recording);
    try {
      const value = compute();
      const { asked, read, inputs: files } = recording;
      // Thousands of results are kept, and a set takes several times the memory of a list.
      const kept = { value, asked: [...asked], read: [...read], inputs: [...files] };
      this.#kept.keep(key, this.#repository, kept);
      return kept;
    } finally {
      this.#recordings.pop();
    }
  }

  #ask(path: string): void {
    this.#recordings.at(-1)?.asked.add(normalized(path));
  }

  #read(path: string): void {
    this.#recordings.at(-1)?.read.add(path);
    this.filesRead.add(path);
  }

  override isFile(path: string): boolean {
    this.#ask(path);
    return this.#repository.isFile(path) && this.#reason(path, false) === undefined;
  }

  /** An excluded directory still exists if something below it is included. */
  override isDirectory(path: string): boolean {
    this.#ask(path);
    return (
      this.#repository.isDirectory(path) &&
      (this.#reason(path, true) === undefined ||
        (!this.#repository.isLinked(path) && this.entries(path).length > 0))
    );
  }

  override entries(directory: string): readonly DirectoryEntry[] {
    this.#ask(directory);
    return this.#repository.entries(directory).filter((entry) => {
      const path = joined(directory, entry.name);
      return entry.isDirectory() ? this.isDirectory(path) : entry.isFile() && this.isFile(path);
    });
  }

  override isTooLarge(path: string): boolean {
    this.#read(path);
    return this.#repository.isTooLarge(path);
  }

  override isReadByFlux(path: string): boolean {
    this.#read(path);
    return this.#repository.isReadByFlux(path);
  }

  override isLinked(path: string): boolean {
    this.#ask(path);
    return this.#repository.isLinked(path);
  }

  override read(path: string, from: Origin): SourceFile {
    return this.#delivered(path, from).read(path, from);
  }

  override readBytes(path: string, from: Origin): Buffer {
    return this.#delivered(path, from).readBytes(path, from);
  }

  override parse(path: string, dialect: Dialect = "v3"): ParsedText {
    this.#read(path);
    return this.#repository.parse(path, dialect);
  }

  override absence(what: string, path: string, from: Origin): BuildError {
    this.#ask(path);
    const isDirectory = this.#repository.isDirectory(path);
    const reason = isDirectory || this.#repository.isFile(path) ? this.#reason(path, isDirectory) : undefined;
    return reason === undefined
      ? super.absence(what, path, from)
      : new BuildError(`${path} is not in the Flux source's artifact: ${reason}`, from);
  }

  #delivered(path: string, from: Origin): Repository {
    if (this.#repository.isFile(path) && !this.isFile(path)) throw this.absence("file", path, from);
    this.#read(path);
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
    return this.#leftOut(path, isDirectory)?.reason;
  }
}
