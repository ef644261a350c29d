import { attempt, type BuildError, type BuildProblem } from "../problem.ts";

/** The problems of a cluster's build, each of them once. */
export class ClusterProblems {
  readonly #found = new Map<string, BuildProblem>();

  get all(): readonly BuildProblem[] {
    return [...this.#found.values()];
  }

  readonly report = ({ problem }: BuildError): void => {
    const { file, line, column } = problem.position;
    this.#found.set(`${file}:${line}:${column} ${problem.message}`, problem);
  };

  /** What `build` returns; undefined if it fails with a BuildError, which is reported. */
  attempt<T>(build: () => T): T | undefined {
    return attempt(build, this.report);
  }
}
