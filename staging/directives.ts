import { z } from "zod";
import type { Finding } from "../kube/client.ts";
import type { Movement } from "./movement.ts";
import type { OutputsReading } from "./stack-outputs.ts";

/** Format version of the directives that this program writes. */
const DIRECTIVES_VERSION = 1;
/** Name of the output that holds the directives. */
export const DIRECTIVES_OUTPUT = "directives";
/** How many directives that are no longer in force are kept as history. */
const KEPT = 50;

const directive = z.looseObject({
  /** `hold`, `unhold`, `revoke` or `restore` (which withdraws a revocation). A newer program may write other kinds, which are kept. */
  kind: z.string(),
  time: z.iso.datetime(),
  /** Who gave the directive, and the CI run if there was one. */
  by: z.string(),
  reason: z.string(),
  /** The revoked or restored release. */
  release: z.string().optional(),
  /** When a hold ends. */
  until: z.iso.datetime().optional(),
});

const directives = z.looseObject({ version: z.int().min(1), entries: z.array(directive) });

/** A person's decision about a stack: to hold it, to revoke a release, or to end either. */
export type Directive = z.infer<typeof directive>;
/** Every directive of a stack, latest first. */
export type Directives = z.infer<typeof directives>;

/** No directives. */
export const NO_DIRECTIVES: Directives = { version: DIRECTIVES_VERSION, entries: [] };

/**
 * The project whose stacks contain the directives. For each stack of the main project, it has a stack with the same name and no resources. Commands write only
 * to the outputs of these stacks, so they can never change what a stack deploys (docs/decisions/directives-have-their-own-stacks.md).
 */
export function directivesProject(project: string): string {
  return `${project}-directives`;
}

/**
 * Reads directives from the outputs of the stack that contains them. If that stack does not exist, there are no directives.
 * @returns the directives; if they cannot be read, a message with the reason
 */
export function directivesIn(stack: string, reading: OutputsReading): Directives | string {
  if (reading.state !== "read") return reading.state === "unknown" ? NO_DIRECTIVES : reading.message;
  const value = reading.outputs[DIRECTIVES_OUTPUT];
  if (value === undefined) return NO_DIRECTIVES;
  const parsed = directives.safeParse(value);
  return parsed.success
    ? parsed.data
    : `The directives of stack ${stack} are invalid: ${z.prettifyError(parsed.error)}`;
}

/** The directives with a new one added. Directives that are still in force are always kept. */
export function withDirective({ entries, ...rest }: Directives, added: Directive): Directives {
  const all = [added, ...entries];
  const ended = new Set(all.filter((entry) => !isInForce(entry, all)).slice(KEPT));
  return { ...rest, entries: all.filter((entry) => !ended.has(entry)) };
}

function isInForce(entry: Directive, all: readonly Directive[]): boolean {
  const latest = all.find(
    ({ kind, release }) => release === entry.release && subjectOf(kind) === subjectOf(entry.kind),
  );
  return latest === entry;
}

function subjectOf(kind: string): string {
  if (kind === "hold" || kind === "unhold") return "hold";
  return kind === "revoke" || kind === "restore" ? "release" : kind;
}

/**
 * The hold that is in force, if any.
 * @param now milliseconds since the epoch
 */
export function holdOf({ entries }: Directives, now: number): Directive | undefined {
  const latest = entries.find(({ kind }) => subjectOf(kind) === "hold");
  return latest?.kind === "hold" && Date.parse(latest.until ?? "") > now ? latest : undefined;
}

/** The revocation of a release, unless it was withdrawn. */
export function revocationOf({ entries }: Directives, release: string): Directive | undefined {
  const latest = entries.find((entry) => subjectOf(entry.kind) === "release" && entry.release === release);
  return latest?.kind === "revoke" ? latest : undefined;
}

/** Arguments of {@link judgeDirectives}. */
export interface DirectiveArgs {
  /** The stack to which the directives apply: the stack behind the gate, or an upstream stack. */
  readonly stack: string;
  readonly reading: OutputsReading;
  readonly release: string;
  readonly movement: Movement;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Refuses a revoked release in every direction. A hold refuses only a move forward. Directives that cannot be read are treated as a hold or a revocation, since
 * they may contain one.
 */
export function judgeDirectives({ stack, reading, release, movement, now }: DirectiveArgs): Finding[] {
  const found = directivesIn(stack, reading);
  if (typeof found === "string")
    return [
      {
        severity: "error",
        message: `Whether stack ${stack} is on hold is unknown: ${found}`,
        hint: "Check that the state backend can be reached, then try again.",
      },
    ];
  const revoked = revocationOf(found, release);
  const hold = movement === "forward" ? holdOf(found, now) : undefined;
  return [
    ...(revoked === undefined ? [] : [revokedBy(stack, release, revoked)]),
    ...(hold === undefined ? [] : [held(stack, hold)]),
  ];
}

function revokedBy(stack: string, release: string, { by, time, reason }: Directive): Finding {
  return {
    severity: "error",
    message: `Release ${release} was revoked on stack ${stack} by ${by} at ${time}: ${reason}`,
    hint: `Roll out another release. If it was revoked by mistake, run: edgefirst revoke ${stack} ${release} --undo --reason "…"`,
  };
}

function held(stack: string, { by, until = "", reason }: Directive): Finding {
  return {
    severity: "error",
    message: `Stack ${stack} is on hold until ${until}, set by ${by}: ${reason}`,
    hint: `Wait, or end the hold: edgefirst unhold ${stack} --reason "…"`,
  };
}
