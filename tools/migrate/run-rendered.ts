import type { Renderer } from "../render/renderer.ts";
import { proveRendered, type RenderedProof } from "./rendered-proof.ts";
import { refusal } from "./refused-files.ts";
import { MAX_ATTEMPTS, runStep, type StepResult } from "./run.ts";
import type { Note, Step, StepContext } from "./step.ts";

/** A step's result, with what is proven about the objects that charts install. */
export interface RenderedResult extends StepResult {
  readonly rendered: RenderedProof;
}

/** Plans a step and proves it, also for what charts install; writes nothing. Files whose releases would install something else are left unchanged. */
export async function runStepRendered(
  step: Step,
  context: StepContext,
  renderer: Renderer,
): Promise<RenderedResult> {
  const excluded = new Map<string, Note>();
  for (let round = 0; ; round++) {
    const selected = (path: string): boolean => context.selected(path) && !excluded.has(path);
    const result = runStep(step, { ...context, selected });
    const rendered = await proveRendered(result, context, renderer);
    const changed = new Set(result.plan.changes.map(({ path }) => path));
    const refused = rendered.failures.flatMap(({ message, files }) =>
      files.filter((file) => changed.has(file)).map((file) => [file, refusal(file, message)] as const),
    );
    for (const [file, note] of refused) excluded.set(file, note);
    if (refused.length > 0 && round < MAX_ATTEMPTS) continue;
    return { ...withFailures(result, rendered, [...excluded.values()]), rendered };
  }
}

function withFailures(result: StepResult, { failures }: RenderedProof, notes: readonly Note[]): StepResult {
  const { plan, proof } = result;
  const failing = failures.length > 0 && plan.changes.length > 0;
  return {
    ...result,
    plan: { ...plan, notes: [...plan.notes, ...notes] },
    proof: failing ? { ...proof, status: "fails", failures: [...proof.failures, ...failures] } : proof,
  };
}
