import type { KubeObject } from "../../../kube/objects.ts";
import { oncePer } from "../../../lib/once-per.ts";
import { ObjectIndex } from "../../../policy/engine/object-index.ts";
import type { BuiltCluster, BuiltObject } from "./built.ts";

/** A cluster's objects, indexed by kind and name. All objects must be built before the first call. */
export const indexOf = ({ objects }: Pick<BuiltCluster, "objects">): ObjectIndex => indexed(objects);

const indexed = oncePer(
  (objects: readonly BuiltObject[]) =>
    new ObjectIndex(objects.map(({ object }) => object as unknown as KubeObject)),
);
