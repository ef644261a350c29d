import { parseDuration } from "../../lib/duration.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { holdOf, type Directive, type Directives } from "../../staging/directives.ts";
import { describeStart, startedBy } from "../../staging/started-by.ts";
import { addDirective, readDirectives } from "../rollout/directives.ts";
import { stackNamed } from "../rollout/plan.ts";
import { decide } from "./exit-codes.ts";
import type { ProjectFlags } from "./commands/project-options.ts";
import { progress } from "./progress.ts";
import { openProject } from "./project.ts";

/** Flags of `edgefirst hold`. */
export interface HoldFlags extends ProjectFlags {
  readonly reason: string;
  readonly until: string;
  readonly json?: true;
}

/** Flags of `edgefirst unhold`. */
export type UnholdFlags = Omit<HoldFlags, "until">;

/** A stack that is on hold for longer has been abandoned. */
const LONGEST_DAYS = 90;
const DAY_MS = 24 * 3_600_000;
const SHORTEST_REASON = 8;

/** `edgefirst hold`: freezes a stack until a time. */
export async function hold(name: string, flags: HoldFlags): Promise<void> {
  const now = new Date();
  const until = endOf(flags.until, now).toISOString();
  const directive = { ...newDirective("hold", flags.reason, now), until };
  const project = await openProject(flags, progress);
  const stack = stackNamed(project.stacks, name);
  const directives = await addDirective(project.address(stack.name), directive);
  const direct = project.stacks.filter(({ after }) => after.includes(name));
  print(flags, { stack: name, hold: directive, directives }, [
    `${name} is on hold until ${until}: ${directive.reason}`,
    `${gatesOf([name, ...direct.map((each) => each.name)])} a move forward.`,
  ]);
}

/** `edgefirst unhold`: ends a hold. */
export async function unhold(name: string, flags: UnholdFlags): Promise<void> {
  const now = new Date();
  const directive = newDirective("unhold", flags.reason, now);
  const project = await openProject(flags, progress);
  const address = project.address(stackNamed(project.stacks, name).name);
  const current = holdOf(await readDirectives(address), now.getTime());
  if (current === undefined)
    decide(() => {
      throw new EdgefirstError(`Stack ${name} is not on hold.`, "Nothing was changed.");
    });
  const directives = await addDirective(address, directive);
  print(flags, { stack: name, ended: current, directives }, [`${name} is no longer on hold.`]);
}

/**
 * A directive from the person who runs the command.
 * @throws {EdgefirstError} if the reason is too short
 */
export function newDirective(kind: string, reason: string, now: Date): Directive {
  const text = reason.trim();
  if (text.length < SHORTEST_REASON)
    throw new EdgefirstError(
      `--reason "${text}" is too short.`,
      "Say why in a few words: every refusal repeats them. Nothing was changed.",
    );
  return { kind, time: now.toISOString(), by: describeStart(startedBy()), reason: text };
}

/**
 * The end of a hold.
 * @param text a time with its offset from UTC, or a duration from now
 * @throws {EdgefirstError} if it is neither, in the past, or more than 90 days away
 */
export function endOf(text: string, now: Date): Date {
  const isDuration = /^(\d+(\.\d+)?[smh])+$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:\d{2})$/.test(text);
  const end = isDuration ? now.getTime() + parseDuration(text) : isTime ? Date.parse(text) : NaN;
  if (Number.isNaN(end))
    throw new EdgefirstError(
      `--until ${text} is neither a time nor a duration.`,
      "Write 2026-12-31T18:00:00Z, or 24h. Nothing was changed.",
    );
  if (end <= now.getTime() || end > now.getTime() + LONGEST_DAYS * DAY_MS)
    throw new EdgefirstError(
      `--until ${text} is not within the next ${LONGEST_DAYS} days.`,
      "Name a time in this range; a hold can be renewed. Nothing was changed.",
    );
  return new Date(end);
}

/** The stacks whose gates a directive affects, as the start of a sentence. */
export function gatesOf(names: readonly string[]): string {
  return names.length === 1
    ? `The gate of ${names.join("")} refuses`
    : `The gates of ${names.join(", ")} refuse`;
}

/** Prints the result as text or as JSON. */
export function print(
  { json }: { readonly json?: true },
  result: Readonly<Record<string, unknown>> & { readonly directives: Directives },
  lines: readonly string[],
): void {
  process.stdout.write(`${json ? JSON.stringify(result, undefined, 2) : lines.join("\n")}\n`);
}
