import type { StepContext } from "./step.ts";

/** Why a change of several files cannot be made by halves: the first of them that is not to be changed; undefined where all may be. */
export function whyNotSelected(paths: Iterable<string>, { selected }: StepContext): string | undefined {
  const path = [...paths].find((one) => !selected(one));
  return path === undefined ? undefined : `${path} would have to change, and is not selected`;
}
