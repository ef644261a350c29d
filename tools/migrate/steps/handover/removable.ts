import { sameCluster } from "../../clusters.ts";
import { prove } from "../../proof.ts";
import type { After, Failure, Step, StepContext } from "../../step.ts";
import { handedOver, handoverPhase } from "./objects.ts";
import { planRemoval } from "./plan.ts";
import { whyNothingLeft } from "./nothing-left.ts";

/** Why the phase remove could not follow a new guard: an owner would be left with a guard that nothing ends. */
export function notRemovable(
  step: Step,
  { clusters, options }: StepContext,
  { clusters: guarded, repository }: After,
): readonly Failure[] {
  return clusters.flatMap((cluster) => {
    const now = sameCluster(cluster, guarded);
    const objects = now ? handedOver(now, options) : [];
    if (!now || handoverPhase(handedOver(cluster, options)) !== "before") return [];
    // The runbook of the guard says what to do if nothing is left.
    if (handoverPhase(objects) !== "guarded" || whyNothingLeft(now, objects) !== undefined) return [];
    const context = { clusters: [now], repository, options, selected: (): boolean => true };
    const all = { ...context, clusters: guarded };
    const [first, ...others] = prove(step, all, planRemoval(objects, context)).proof.failures;
    if (!first) return [];
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    const message = `the phase remove could not follow this guard: ${first.message}${more}`;
    return [{ message, files: objects.map(({ origin }) => origin.source.file) }];
  });
}
