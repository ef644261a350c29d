import type { ObjectIndex } from "./object-index.ts";

/** Computes something once for all objects: what every object of many asks for would else take the square of their number. */
export function perIndex<T>(compute: (objects: ObjectIndex) => T): (objects: ObjectIndex) => T {
  const known = new WeakMap<ObjectIndex, { readonly value: T }>();
  return (objects) => {
    const found = known.get(objects) ?? { value: compute(objects) };
    known.set(objects, found);
    return found.value;
  };
}
