import type { SemVer } from "semver";
import type { ProgramImage } from "./images/pins.ts";
import type { Preparation } from "./provider-schema.ts";

/**
 * The first command that needs a program. `start`: `npm start`, and therefore most tests; `test`: the other tests in `npm test`;
 * `test:real`: `npm run test:real`, the benchmarks, and `--neighbours`.
 */
export type Tier = "start" | "test" | "test:real";

/** An upstream program, pinned by a Go module in the toolchain's directory. */
export interface Program {
  /** The name of the executable. */
  readonly name: string;
  /** What edgefirst uses it for. */
  readonly purpose: string;
  readonly tier: Tier;
  /** The directory of its Go module. */
  readonly directory: string;
  /** Go package to build, relative to the module. */
  readonly package: string;
  /** Whether the program consists of the package's tests. */
  readonly tests?: true;
  /** Where to find the pinned version in the module; the pattern's first group is the version. */
  readonly pin: { readonly file: string; readonly pattern: RegExp };
  /** Go build tags. */
  readonly tags?: readonly string[];
  /** Variables that the linker sets, so that the program knows its version. */
  readonly variables?: (version: SemVer) => Readonly<Record<string, string>>;
  /** Adds generated files to the module before the build. */
  readonly prepare?: (preparation: Preparation) => Promise<void>;
  /**
   * How a program on PATH reports its version, and which versions match. If absent, the program cannot report one, and PATH is not
   * searched.
   */
  readonly installed?: {
    readonly args: readonly string[];
    /** Matched against standard output; the first group is the version. */
    readonly pattern: RegExp;
    /** The versions that match, as a semver range. */
    readonly range: (pinned: SemVer) => string;
  };
  /** A command that downloads the official program. */
  readonly download?: (version: SemVer) => string;
  /** The official image, which contains the program as one static executable. */
  readonly image?: ProgramImage;
  /** Runs only in the sandbox or in tests. It is built without inlining: the build takes a quarter less time, and the program uses a fifth more CPU. */
  readonly sandboxOnly?: true;
  /** Built without cgo, and therefore independent of the machine's C library, like the program in the official image. */
  readonly static?: true;
  /** How long a build takes on 2 cores with a cold cache, apart from packages that earlier programs of the same module share with it. */
  readonly buildSeconds: number;
}

/** The program with this name. */
export function programNamed(name: string, programs: readonly Program[]): Program {
  const program = programs.find((candidate) => candidate.name === name);
  if (program === undefined) throw new Error(`the toolchain has no program ${name}`);
  return program;
}

/** The environment variable that names a program's path, such as `EDGEFIRST_KUBE_APISERVER`. */
export function environmentVariable(program: string): string {
  return `EDGEFIRST_${program.toUpperCase().replaceAll("-", "_")}`;
}
