import { locate, SourceFile, type Position } from "../gitops/yaml/source.ts";
import type { Mapping } from "../gitops/yaml/values.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { entryOf } from "./entries.ts";
import { findDocument } from "./objects.ts";
import type { StepContext } from "./step.ts";

/** An object, and the kustomization entry through which clusters receive it. */
export interface IncludedObject {
  readonly file: string;
  /** Where its document begins in the file. */
  readonly offset: number;
  /** The directory that the Flux Kustomization builds; undefined if none applies the object. */
  readonly directory: string | undefined;
  /** As written in the file; undefined if it is generated or an item in a List. */
  readonly written: Mapping | undefined;
  /** The position of the object, or of the entry if several kustomizations include the same directory. */
  readonly position: Position;
  /** Whether this is the only entry that includes the object. */
  readonly isOnlyInclusion: boolean;
  readonly forms: readonly Form[];
}

/** An object as one cluster receives it. */
export interface Form {
  readonly cluster: BuiltCluster;
  readonly object: Mapping;
}

/** The matching objects from files, once per entry that includes them. */
export function includedObjects(
  { clusters, repository }: StepContext,
  matches: (object: Mapping) => boolean,
): readonly IncludedObject[] {
  const found = new Map<string, IncludedObject & { readonly forms: Form[] }>();
  for (const cluster of clusters) {
    for (const built of cluster.objects) {
      const { origin, object, kustomization } = built;
      if (!matches(object) || !(origin.source instanceof SourceFile)) continue;
      const { file } = origin.source;
      const directory = kustomization?.directory;
      const entry = directory === undefined ? undefined : entryOf(repository, directory, file);
      const key = JSON.stringify([file, origin.offset, entry ?? kustomization?.object.metadata]);
      const isShared = entry !== undefined && !entry.direct;
      const taken = found.get(key) ?? {
        file,
        offset: origin.offset,
        directory,
        written: findDocument({ file, origin }, repository),
        position: isShared ? entry.position : locate(origin),
        isOnlyInclusion: true,
        forms: [],
      };
      found.set(key, taken);
      taken.forms.push({ cluster, object });
    }
  }
  const all = [...found.values()];
  const inclusions = Map.groupBy(all, ({ file, offset }) => `${offset} ${file}`);
  return all.map((taken) => ({
    ...taken,
    isOnlyInclusion: inclusions.get(`${taken.offset} ${taken.file}`)?.length === 1,
  }));
}
