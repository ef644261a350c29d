import type { Path } from "../engine/path.ts";
import type { NotEvaluated, Problem, RuleContext } from "../engine/rule.ts";

/** The outcome for an object that is missing: a problem if all objects are known, and otherwise "not evaluated". */
export function missing(id: string, path: Path, context: RuleContext): Problem | NotEvaluated {
  return context.isComplete
    ? { path, message: `${id} does not exist.`, cause: id }
    : { path, notEvaluated: notAmong(id, context) };
}

/** Why an object that is missing here may still exist on the cluster. */
export function notAmong(id: string, { host }: RuleContext): string {
  return host === "stack"
    ? `${id} is not part of the stack.`
    : `${id} is in no file, but it may be in a part of the cluster that could not be built or comes from another source.`;
}
