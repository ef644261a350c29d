import type { StepContext } from "./step.ts";

/** Why a change that spans several files cannot be made: names the first file that stays as it is; undefined if all can change. */
export function whyNotSelected(
  paths: Iterable<string>,
  { selected, isRefused }: StepContext,
): string | undefined {
  const path = [...paths].find((one) => !selected(one));
  if (path === undefined) return undefined;
  const reason =
    isRefused?.(path) === true ? "another line of this report says why it stays" : "--only excludes it";
  return `${path} would have to change too, but ${reason}`;
}
