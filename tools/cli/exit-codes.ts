import { EdgefirstError } from "../../lib/errors.ts";

/** Exit codes of every command. */
export const EXIT = {
  /** Done, or nothing to do. */
  ok: 0,
  /** It ran, and the answer is no: findings, differences, a failed proof, an unhealthy stack. */
  no: 1,
  /** It could not run: wrong arguments, a file or a cluster that cannot be read. */
  couldNotRun: 2,
  /** Part of the input could not be read or built; the rest had no findings, or was processed. */
  incomplete: 3,
  /** It is unknown whether a stack is healthy: its cluster does not respond, or credentials have expired. */
  inconclusive: 4,
  /** Interrupted by Ctrl-C or SIGTERM: 128 + 2, as a shell reports SIGINT. */
  interrupted: 130,
} as const;

/** The table at the end of `edgefirst --help`. */
export const EXIT_CODES = `
Exit codes of every command:
  0    done, or nothing to do
  1    it ran, and the answer is no: findings, differences, a failed proof, a stack that is not healthy
  2    it could not run: wrong arguments, a file or a cluster that cannot be read
  3    part of the repository could not be read or built; the rest was processed
  4    rollout, verify: inconclusive, because a cluster does not respond or credentials have expired
  130  interrupted by Ctrl-C or SIGTERM`;

/** Makes a decision. A refusal, thrown as an error, exits with 1 (the answer is no), not with 2 (the command could not run). */
export function decide<T>(decision: () => T): T {
  try {
    return decision();
  } catch (error) {
    if (error instanceof EdgefirstError) process.exitCode ??= EXIT.no;
    throw error;
  }
}
