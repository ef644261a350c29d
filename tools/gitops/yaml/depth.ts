import type { Value } from "./values.ts";

/** The maximum nesting depth of a document; limited because values are walked recursively. Kubernetes objects have at most a few dozen levels. */
export const MAX_DEPTH = 500;

/** Whether a value exceeds the maximum depth; checked level by level, without recursion. */
export function isDeep(value: Value): boolean {
  let level: Value[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    const next: Value[] = [];
    for (const one of level)
      if (typeof one === "object" && one !== null)
        for (const child of Array.isArray(one) ? one : Object.values(one))
          if (typeof child === "object" && child !== null) next.push(child);
    level = next;
  }
  return false;
}
