import { type Origin, type Position, locate } from "./yaml/source.ts";

/** Why a file could not be read or something could not be built. The rest of the repository is built without it. */
export interface BuildProblem {
  /**
   * `syntax`: not valid YAML; `unsupported`: something that the offline build cannot do; `build`: something that Kustomize or Flux
   * would refuse.
   */
  readonly kind: "syntax" | "unsupported" | "build";
  readonly message: string;
  readonly position: Position;
  /** The object is built nevertheless: only Flux or the API server refuses it. */
  readonly isBuilt?: true;
}

/** Ends one build; reported as a {@link BuildProblem}. */
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

/** The error for an object that is built, and that Flux or the API server refuses. */
export class RefusedError extends BuildError {
  override get problem(): BuildProblem {
    return { ...super.problem, isBuilt: true };
  }
}

/** The error for something that the offline build cannot do. */
export function unsupported(construct: string, origin: Origin): BuildError {
  return new BuildError(`the offline build does not support ${construct}`, origin, "unsupported");
}
