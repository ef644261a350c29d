import { formatPath, type Path } from "./path.ts";

/** Placeholder for a value that is not known yet, in a tree that is passed to {@link withUnknowns}. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Thrown when a value that is not known yet is read. `runRules` reports the rule as not evaluated. */
export class UnknownValue extends Error {
  override readonly name = "UnknownValue";
  readonly path: Path;

  constructor(path: Path) {
    super(`${formatPath(path)} is not known yet`);
    this.path = path;
  }
}

/**
 * Copies a tree of plain data, turning every {@link UNKNOWN} into a property that throws {@link UnknownValue} when it is read. A tree without {@link UNKNOWN}
 * is returned unchanged.
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
