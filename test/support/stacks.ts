import fc from "fast-check";
import { type StackNode } from "../../tools/rollout/plan.ts";

/** Any graph of up to so many stacks without a cycle, in any order of listing. */
export function acyclicStacks(most: number): fc.Arbitrary<StackNode[]> {
  return fc
    .array(fc.array(fc.nat({ max: most - 1 }), { maxLength: 3 }), { minLength: 1, maxLength: most })
    .map((rows) =>
      rows.map((befores, index) => ({
        name: `s${index}`,
        after: [...new Set(befores.filter((before) => before < index))].map((before) => `s${before}`),
      })),
    )
    .chain((stacks) => fc.shuffledSubarray(stacks, { minLength: stacks.length }));
}
