import { createTwoFilesPatch } from "diff";
import { isMap as isYamlMap, isScalar, stringify, visit, type YAMLMap } from "yaml";
import { isMap } from "../../lib/maps.ts";
import { parseDocument } from "../../lib/quiet-yaml.ts";
import type { ClusterReader } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";

/** The difference between an object that a stack would declare and the live one. */
export interface Difference {
  /** `Kind namespace/name`. */
  readonly object: string;
  /** `none` if the live object already matches every declared field. */
  readonly state: "absent" | "none" | "differs";
  /** Unified diff from the live object to the declared one, in YAML; empty if nothing differs. */
  readonly diff: string;
}

/**
 * Compares objects with the live ones, but only in the declared fields, so fields that controllers and the API server set (status, defaults) are ignored.
 * Strings that contain YAML, such as patches, are compared as YAML, so formatting is ignored too.
 */
export function describeDifference(
  objects: readonly KubeObject[],
  cluster: ClusterReader,
): Promise<Difference[]> {
  return Promise.all(
    objects.map(async (object) => {
      const live = await cluster.get(object);
      const before = live === undefined ? "" : normalised(fieldsOf(live, object));
      const after = normalised(object);
      const name = describeObject(object);
      if (before === after) return { object: name, state: "none", diff: "" };
      const diff = createTwoFilesPatch(
        `${name} on ${cluster.context}`,
        `${name} as configured`,
        before,
        after,
        undefined,
        undefined,
        { context: 2 },
      );
      return { object: name, state: live === undefined ? "absent" : "differs", diff: withoutHeader(diff) };
    }),
  );
}

/** The library starts a patch with a line of `=`. */
function withoutHeader(diff: string): string {
  return diff.replace(/^=+\n/, "");
}

/** The part of the live value that the declared value sets. A list counts as one value, since an apply replaces it as a whole. */
function fieldsOf(live: unknown, declared: unknown): unknown {
  if (!isMap(live) || !isMap(declared)) return live;
  return Object.fromEntries(
    Object.entries(declared)
      .filter(([key]) => key in live)
      .map(([key, value]) => [key, fieldsOf(live[key], value)] as const)
      // Drop maps that share no key with the declared one.
      .filter(([, value]) => !isMap(value) || Object.keys(value).length > 0),
  );
}

function normalised(value: unknown): string {
  return stringify(simplify(value), { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

function simplify(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => simplify(item));
  if (isMap(value))
    return Object.fromEntries(
      Object.entries(value)
        // The API server adds this default to the entries of substituteFrom.
        .filter(([field, item]) => !(field === "optional" && item === false))
        .map(([field, item]) => [field, simplify(item, field)]),
    );
  return typeof value === "string" && key === "patch" ? sortedYaml(value) : value;
}

/** The same YAML with sorted map keys; comments move with their keys. */
function sortedYaml(yaml: string): string {
  const document = parseDocument(yaml);
  if (document.errors.length > 0) return yaml;
  visit(document, {
    Collection: (_, collection) => {
      collection.flow = false;
      if (isYamlMap(collection)) sortKeys(collection);
    },
  });
  return document.toString({ lineWidth: 0 });
}

function sortKeys(map: YAMLMap): void {
  const name = (key: unknown): string => (isScalar(key) ? String(key.value) : "");
  map.items.sort((a, b) => name(a.key).localeCompare(name(b.key), "en"));
  for (const { value } of map.items) {
    if (isScalar(value) && typeof value.value === "string" && looksLikeMap(value.value))
      value.value = sortedYaml(value.value);
  }
}

/** Whether a string is a patch inside a patch. */
function looksLikeMap(value: string): boolean {
  return value.includes("\n") && isYamlMap(parseDocument(value).contents);
}
