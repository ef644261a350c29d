import type { Edit } from "../../policy/engine/rule.ts";
import { fields, list } from "../../policy/engine/read.ts";

/** A copy of a tree of plain data with the edits applied; missing maps on the path to a new value are added. */
export function withEdits<T>(tree: T, edits: readonly Edit[]): T {
  return edits.reduce<unknown>((now, { path, value }) => edited(now, path, value), tree) as T;
}

function edited(tree: unknown, [step, ...rest]: Edit["path"], value: unknown): unknown {
  if (step === undefined) return value;
  if (typeof step === "number")
    return list(tree).map((item, index) => (index === step ? edited(item, rest, value) : item));
  const { [step]: old, ...others } = fields(tree);
  if (rest.length === 0 && value === undefined) return others;
  return { ...fields(tree), [step]: edited(old, rest, value) };
}
