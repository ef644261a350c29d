import type { Path } from "../engine/path.ts";
import type { NotEvaluated, Problem, RuleContext } from "../engine/rule.ts";

/** The outcome for an object that is missing: an error if everything is known, otherwise not evaluated. */
export function missing(id: string, path: Path, context: RuleContext): Problem | NotEvaluated {
  return context.isComplete
    ? { path, message: `${id} does not exist.` }
    : { path, notEvaluated: notAmong(id, context) };
}

/** Why a missing object may exist all the same. */
export function notAmong(id: string, { host }: RuleContext): string {
  return host === "stack"
    ? `${id} is not part of the stack.`
    : `${id} is in no file, but a part of the cluster could not be built or comes from another source.`;
}
