import { isMap } from "../../lib/maps.ts";

/**
 * A strategic merge patch, as Kubernetes applies it to pods (k8s.io/apimachinery, `strategicpatch`): maps are merged, `null` removes a key, and lists are
 * replaced, except those in {@link MERGE_KEYS}, whose items are merged by a key. `$patch: delete` removes such an item, and `$patch: replace` replaces a map.
 */

type Fields = Readonly<Record<string, unknown>>;

/** Lists that are merged, and the key that identifies their items (`patchMergeKey` in core/v1). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  volumes: "name",
  env: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  ports: "containerPort",
  imagePullSecrets: "name",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
};

/** The patched copy of `original`. */
export function strategicMerge(original: unknown, patch: Fields): Record<string, unknown> {
  const base = isMap(original) && patch.$patch !== "replace" ? original : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (key === "$patch") continue;
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = mergeValue(key, base[key], value);
  }
  return merged;
}

function mergeValue(key: string, original: unknown, value: unknown): unknown {
  const mergeKey = MERGE_KEYS[key];
  if (Array.isArray(value) && mergeKey !== undefined && value.every(isMap))
    return mergeList(Array.isArray(original) ? original.filter(isMap) : [], value, mergeKey);
  return isMap(value) ? strategicMerge(original, value) : value;
}

function mergeList(original: readonly Fields[], patches: readonly Fields[], key: string): Fields[] {
  const of = (item: Fields) => patches.find((patch) => patch[key] === item[key]);
  const kept = original
    .filter((item) => of(item)?.$patch !== "delete")
    .map((item) => strategicMerge(item, of(item) ?? {}));
  const added = patches
    .filter((patch) => patch.$patch !== "delete" && !original.some((item) => item[key] === patch[key]))
    .map((patch) => strategicMerge({}, patch));
  return [...kept, ...added];
}
