import { parseApiVersion } from "../gitops/kustomize/kinds.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import type { Mapping } from "../gitops/yaml/values.ts";
import { mappingIn } from "./release.ts";

/** Finds an object on the cluster; `group` is the API group of its kind, "" for the core group. */
export type FindObject = (id: ObjectId) => Mapping | undefined;

/** Identifies an object on a cluster. */
export interface ObjectId {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** An index of a cluster's namespaced objects. */
export function indexObjects(objects: readonly Mapping[]): FindObject {
  const key = ({ group, kind, namespace, name }: ObjectId): string =>
    [group, kind, namespace, name].join(" ");
  const byId = new Map(
    objects.map((object) => {
      const metadata = mappingIn(object, "metadata");
      const id = {
        group: parseApiVersion(scalarText(object.apiVersion)).group,
        kind: scalarText(object.kind),
        namespace: scalarText(metadata.namespace) || "default",
        name: scalarText(metadata.name),
      };
      return [key(id), object];
    }),
  );
  return (id) => byId.get(key(id));
}
