import { EdgefirstError } from "../../lib/errors.ts";

/** Exit codes of every command. */
export const EXIT = {
  /** Done, or nothing to do. */
  ok: 0,
  /** It ran, and the answer is no: findings, a failed proof, an unhealthy stack. */
  no: 1,
  /** It could not run: wrong arguments, a file or a cluster that cannot be read. */
  couldNotRun: 2,
  /** A part of the input could not be read or built; the rest gave no findings, or was worked on. */
  incomplete: 3,
  /** Whether a stack is healthy is unknown: its cluster does not answer, or credentials have expired. */
  inconclusive: 4,
  /** Ended by Ctrl-C or SIGTERM: 128 + 2, as a shell reports SIGINT. */
  interrupted: 130,
} as const;

/** The table at the end of `edgefirst --help`. */
export const EXIT_CODES = `
Exit codes of every command:
  0    done, or nothing to do
  1    it ran, and the answer is no: findings, a failed proof, a stack that is not healthy
  2    it could not run: wrong arguments, a file or a cluster that cannot be read
  3    a part of the repository could not be read or built; the rest was worked on
  4    rollout, verify: inconclusive, because a cluster does not respond or credentials have expired
  130  interrupted by Ctrl-C or SIGTERM`;

/** Makes a decision; a refusal, thrown as an error, is the answer no and not a command that could not run. */
export function decide<T>(decision: () => T): T {
  try {
    return decision();
  } catch (error) {
    if (error instanceof EdgefirstError) process.exitCode ??= EXIT.no;
    throw error;
  }
}
