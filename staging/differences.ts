import type { Difference, Verification } from "./evidence.ts";

/** The settings of a stack that affect what its verification means, by name. */
export type ComparedSettings = Readonly<Record<string, string>>;

/** The settings to compare with an upstream stack's. */
export interface ComparisonArgs {
  /** Settings of the stack behind the gate. */
  readonly settings?: ComparedSettings | undefined;
  /** Intended differences, with the reason for each. */
  readonly accept?: Readonly<Partial<Record<string, string>>> | undefined;
}

/**
 * The settings in which a stack differs from an upstream stack as it was verified. Only settings that both record are compared, since the stacks may run
 * different versions of the program.
 */
export function differencesFrom(
  stack: string,
  record: Verification,
  { settings = {}, accept = {} }: ComparisonArgs,
): Difference[] {
  return Object.entries(settings).flatMap(([setting, here]) => {
    const there = record.settings?.[setting];
    if (there === undefined || there === here) return [];
    const accepted = accept[setting];
    return [{ stack, setting, there, here, ...(accepted !== undefined && { accepted }) }];
  });
}

/** Describes a difference with both values. */
export function describeDifference({ stack, setting, there, here, accepted }: Difference): string {
  const reason = accepted === undefined ? "" : ` (accepted: ${accepted})`;
  return `${setting} is ${there} in stack ${stack}, and ${here} here${reason}`;
}
