import { cloneValue, isMapping, type Mapping, type PathStep } from "../gitops/yaml/values.ts";

/** A copy without the fields at the given paths; mappings that become empty are removed too. */
export function withoutFields(object: Mapping, paths: readonly (readonly PathStep[])[]): Mapping {
  const copy = cloneValue(object);
  for (const path of paths) removeField(copy, path);
  return copy;
}

function removeField(object: Mapping, path: readonly PathStep[]): void {
  const holders = [object];
  for (const step of path.slice(0, -1)) {
    const next = holders.at(-1)?.[step];
    if (!isMapping(next)) return;
    holders.push(next);
  }
  for (const [depth, holder] of [...holders.entries()].reverse()) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy of plain data
    delete holder[path[depth] ?? ""];
    if (Object.keys(holder).length > 0) return;
  }
}
