import type { KubeObject } from "../../kube/objects.ts";
import { SourceFile, type Origin } from "../gitops/yaml/source.ts";
import { entryOrigin, originOf, type Mapping, type Value } from "../gitops/yaml/values.ts";

/** A location in a file as one string; undefined for text inside another scalar, whose offsets do not refer to the file. */
export function placeOf({ source, offset }: Origin): string | undefined {
  return source instanceof SourceFile ? `${source.file}:${offset}` : undefined;
}

/**
 * For each location, the objects that contain something written there; every build that uses a shared file produces its own object.
 */
export function holdersOf(
  places: ReadonlySet<string>,
  objects: readonly KubeObject[],
): ReadonlyMap<string, ReadonlySet<KubeObject>> {
  const holders = new Map([...places].map((place) => [place, new Set<KubeObject>()]));
  for (const object of objects) {
    const hold = (origin: Origin): void => {
      const place = placeOf(origin);
      if (place !== undefined) holders.get(place)?.add(object);
    };
    const visit = (value: Value): void => {
      if (typeof value !== "object" || value === null) return;
      hold(originOf(value));
      for (const key of Object.keys(value)) {
        hold(entryOrigin(value, key));
        visit((value as Mapping)[key] as Value);
      }
    };
    visit(object as unknown as Mapping);
  }
  return holders;
}
