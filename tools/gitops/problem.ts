import { type Origin, type Position, locate } from "./yaml/source.ts";

/** Something that kept a file from being read or a build from being done. The rest of the repository goes on without it. */
export interface BuildProblem {
  /**
   * `syntax`: a file that is no YAML; `unsupported`: a construct that the offline build lacks; `build`: what Kustomize or Flux would
   * refuse.
   */
  readonly kind: "syntax" | "unsupported" | "build";
  readonly message: string;
  readonly position: Position;
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

/** The error for a construct that the offline build lacks. */
export function unsupported(construct: string, origin: Origin): BuildError {
  return new BuildError(`the offline build does not know ${construct}`, origin, "unsupported");
}
