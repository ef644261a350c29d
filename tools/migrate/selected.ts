import type { StepContext } from "./step.ts";

/** Why a change that spans several files cannot be made: names the first file that `--only` excludes; undefined if all are selected. */
export function whyNotSelected(paths: Iterable<string>, { selected }: StepContext): string | undefined {
  const path = [...paths].find((one) => !selected(one));
  return path === undefined ? undefined : `${path} would have to change too, but --only excludes it`;
}
