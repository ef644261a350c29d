import type { Plan } from "./action.ts";
import { runPlan } from "./run.ts";

/** Leaves out actions as long as the promise stays broken in the same way. */
export async function shrink(plan: Plan, found: string): Promise<Plan> {
  const kind = kindOf(found);
  let { actions } = plan;
  for (let size = Math.ceil(actions.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < actions.length;) {
      const fewer = [...actions.slice(0, at), ...actions.slice(at + size)];
      const result = await runPlan({ ...plan, actions: fewer });
      if (result.found !== undefined && kindOf(result.found) === kind) actions = fewer.slice(0, result.steps);
      else at += size;
    }
  return { ...plan, actions };
}

/** The text of a counterexample, without names and numbers. */
function kindOf(found: string): string {
  return found.replaceAll(/\b(stack-[a-h]|r\d+|[\d.]+)\b/g, "_");
}
