import { formatPath, type Path } from "./path.ts";

/** Marks a value that is not known yet, in the tree given to {@link withUnknowns}. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Thrown by reading a value that is not known yet; `runRules` turns it into an undecided outcome, so that rules need not care. */
export class UnknownValue extends Error {
  override readonly name = "UnknownValue";
  readonly path: Path;

  constructor(path: Path) {
    super(`${formatPath(path)} is not known yet`);
    this.path = path;
  }
}

/**
 * A copy of a tree of plain data in which every {@link UNKNOWN} has become a property that throws {@link UnknownValue} when it is read.
 * A tree without any is given back as it is.
 */
export function withUnknowns<T>(tree: T): T {
  return hasUnknowns(tree) ? (guarded(tree, []) as T) : tree;
}

function hasUnknowns(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknowns);
}

function guarded(value: unknown, path: Path): unknown {
  if (typeof value !== "object" || value === null) return value;
  const copy: object = Array.isArray(value) ? [] : {};
  for (const [key, child] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    const property =
      child === UNKNOWN
        ? {
            get: (): never => {
              throw new UnknownValue(here);
            },
          }
        : { value: guarded(child, here) };
    Object.defineProperty(copy, key, { ...property, enumerable: true });
  }
  return copy;
}
