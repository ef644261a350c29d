import fc from "fast-check";
import { type StackNode } from "../../tools/rollout/plan.ts";

/** Any acyclic graph of up to `max` stacks, listed in any order. */
export function acyclicStacks(max: number): fc.Arbitrary<StackNode[]> {
  return fc
    .array(fc.array(fc.nat({ max: max - 1 }), { maxLength: 3 }), { minLength: 1, maxLength: max })
    .map((rows) =>
      rows.map((upstreams, index) => ({
        name: `s${index}`,
        after: [...new Set(upstreams.filter((upstream) => upstream < index))].map(
          (upstream) => `s${upstream}`,
        ),
      })),
    )
    .chain((stacks) => fc.shuffledSubarray(stacks, { minLength: stacks.length }));
}
