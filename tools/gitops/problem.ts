import { type Origin, type Position, locate } from "./yaml/source.ts";

/** Why a file could not be read, or an object could not be built. The rest of the repository is built without it. */
export interface BuildProblem {
  /** `syntax`: invalid YAML; `unsupported`: a feature that the offline build does not support; `build`: Kustomize or Flux would fail. */
  readonly kind: "syntax" | "unsupported" | "build";
  readonly message: string;
  readonly position: Position;
  /** Whether the object is built nevertheless, because only Flux or the API server rejects it. */
  readonly isBuilt?: true;
  /** Whether nothing in the repository is read for it: a Flux Kustomization builds a directory that does not exist. */
  readonly readsNothing?: true;
  /** The object that a patch names and that does not exist. */
  readonly patched?: PatchedObject;
  /** The file with the object that a patch or a replacement cannot change or read, because it lacks what they refer to. */
  readonly unpatchable?: string;
}

/** The object that a patch names. */
export interface PatchedObject {
  readonly kind: string;
  readonly name: string;
}

/** Aborts one build; reported as a {@link BuildProblem}. */
export class BuildError extends Error {
  readonly kind: BuildProblem["kind"];
  readonly origin: Origin;

  constructor(message: string, origin: Origin, kind: BuildProblem["kind"] = "build") {
    super(message);
    this.kind = kind;
    this.origin = origin;
  }

  get problem(): BuildProblem {
    return { kind: this.kind, message: this.message, position: locate(this.origin) };
  }
}

/** What `work` returns; undefined if it fails with a BuildError, which `onError` receives. */
export function attempt<Result>(
  work: () => Result,
  onError?: (error: BuildError) => void,
): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    onError?.(error);
    return undefined;
  }
}

/** The error for an object that a build contains twice, from one place of a file. */
export class TwiceError extends BuildError {
  readonly #subject: string;

  constructor(subject: string, origin: Origin) {
    super(`${subject} exists already: the build includes this file twice`, origin);
    this.#subject = subject;
  }

  /** The same with a name of the build, because other builds may be right to include the file. */
  in(build: string): BuildError {
    return new BuildError(
      `${this.#subject} exists already: the build of ${build} includes this file twice`,
      this.origin,
    );
  }
}

/** The error for an object that is built, but that Flux or the API server rejects. */
export class RefusedError extends BuildError {
  override get problem(): BuildProblem {
    return { ...super.problem, isBuilt: true };
  }
}

/** The error for a Flux Kustomization whose directory does not exist. */
export class NoDirectoryError extends BuildError {
  readonly directory: string;

  constructor(directory: string, origin: Origin) {
    super(`the directory ${directory} does not exist`, origin);
    this.directory = directory;
  }

  override get problem(): BuildProblem {
    // A variable may stand for any directory.
    return { ...super.problem, ...(!this.directory.includes("$") && { readsNothing: true }) };
  }
}

/** The error for a reference to a missing object. If part of the build was left out, that part may contain the object. */
export class UnmatchedError extends BuildError {
  /** Set if it is a patch that refers to the object. */
  readonly patched: PatchedObject | undefined;

  constructor(message: string, origin: Origin, patched?: PatchedObject) {
    super(message, origin);
    this.patched = patched;
  }

  override get problem(): BuildProblem {
    return { ...super.problem, ...(this.patched && { patched: this.patched }) };
  }
}

/** The error for an operation that does not fit the object that it is for. */
export class UnfitError extends BuildError {
  readonly object: Origin;

  constructor(message: string, origin: Origin, object: Origin) {
    super(message, origin);
    this.object = object;
  }

  override get problem(): BuildProblem {
    return { ...super.problem, unpatchable: this.object.source.file };
  }
}

/** The error for a feature that the offline build does not support. */
export function unsupported(construct: string, origin: Origin): BuildError {
  return new BuildError(`the offline build does not support ${construct}`, origin, "unsupported");
}
