import type { Mapping, Value } from "../gitops/yaml/values.ts";
import { isMapping } from "../gitops/yaml/values.ts";

const RANDOM_TEXT = "(random)";

/** The objects of two renderings with the same input: a text that differs between them, such as a generated password, stands as `(random)`. */
export function withoutRandom(one: readonly Mapping[], other: readonly Mapping[]): readonly Mapping[] {
  return stable([...one], [...other]) as Mapping[];
}

function stable(one: Value | undefined, other: Value | undefined): Value {
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
    return one.map((element, index) => stable(element, other[index]));
  if (isMapping(one) && isMapping(other)) {
    const shared = Object.keys(one).filter((key) => key in other);
    return Object.fromEntries(shared.map((key) => [key, stable(one[key], other[key])]));
  }
  return one === other && one !== undefined ? one : RANDOM_TEXT;
}
