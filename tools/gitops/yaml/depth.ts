import type { Value } from "./values.ts";

/** Levels of a document: what walks over values does so by recursion. A Kubernetes object has a few dozen. */
export const MAX_DEPTH = 500;

/** Whether a value has more levels than that; found without recursion, level by level. */
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
