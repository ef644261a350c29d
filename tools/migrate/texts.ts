import type { PathStep, Value } from "../gitops/yaml/values.ts";

/** Marks a text until the YAML is written; a private-use character, so that no value contains it. */
const MARK = "\uE000";

/** Texts that take the place of values, so that quotes, anchors and aliases survive. */
export class Texts {
  readonly #texts: string[] = [];

  /** A value that {@link fill} replaces by the text. */
  hold(text: string): string {
    this.#texts.push(text);
    return `${MARK}${this.#texts.length - 1}${MARK}`;
  }

  fill(yaml: string): string {
    return yaml.replace(/\uE000(\d+)\uE000/g, (_, index) => this.#texts[Number(index)] ?? "");
  }
}

/** The scalars in a value, each with its path. */
export function scalarsIn(
  value: Value,
  path: readonly PathStep[] = [],
): readonly { readonly value: Value; readonly path: readonly PathStep[] }[] {
  if (typeof value !== "object" || value === null) return [{ value, path }];
  return Object.entries(value).flatMap(([key, inner]: [string, Value]) =>
    scalarsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
