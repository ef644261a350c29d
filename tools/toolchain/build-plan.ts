import { availableParallelism } from "node:os";
import { counted } from "../../lib/counted.ts";
import type { Program } from "./program.ts";

/** {@link Program.buildSeconds} was measured on 2 cores; more than 8 do not make a build faster. */
const [MEASURED_CORES, USEFUL_CORES] = [2, 8];
/** How many estimated seconds of builds it takes until their measured pace counts as much as the expected one. */
const EXPECTED_SECONDS = 300;

/** Programs to build one after another, with an estimate of the remaining time that adjusts to the machine's speed. */
export class BuildPlan {
  readonly programs: readonly Program[];
  #done = 0;
  #estimated = 0;
  #taken = 0;

  constructor(programs: readonly Program[]) {
    this.programs = programs;
  }

  /** The message that announces the whole plan. */
  get summary(): string {
    const names = this.programs.map(({ name }) => name).join(", ");
    return `building ${counted(this.programs.length, "program")} from source, which is needed only once and takes ${this.#left(0)}: ${names}`;
  }

  /** The position of the current build and the time left, such as `program 3 of 9, about 14 min left`. */
  position(elapsedSeconds: number): string {
    return `program ${this.#done + 1} of ${this.programs.length}, ${this.#left(elapsedSeconds)} left`;
  }

  /** Moves on to the next program. `seconds` is undefined if another process built the program: the time spent waiting for it says nothing about this machine's speed. */
  finished(seconds: number | undefined): void {
    if (seconds !== undefined) {
      this.#estimated += this.programs[this.#done]?.buildSeconds ?? 0;
      this.#taken += seconds;
    }
    this.#done++;
  }

  /** The time left when the current build has been running for `elapsedSeconds`. */
  #left(elapsedSeconds: number): string {
    const [current = 0, ...others] = this.programs.slice(this.#done).map(({ buildSeconds }) => buildSeconds);
    const pace = this.#pace();
    const seconds =
      Math.max(0, current * pace - elapsedSeconds) + others.reduce((sum, each) => sum + each * pace, 0);
    return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  }

  /**
   * The ratio of actual to estimated time. The expected pace counts like {@link EXPECTED_SECONDS} of builds, because one short build that waits for its modules to
   * be downloaded says little about the others.
   */
  #pace(): number {
    const expected = MEASURED_CORES / Math.min(availableParallelism(), USEFUL_CORES);
    return (this.#taken + expected * EXPECTED_SECONDS) / (this.#estimated + EXPECTED_SECONDS);
  }
}
