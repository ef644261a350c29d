import { Resource, scalarText } from "../../gitops/kustomize/resource.ts";
import { effectiveNamespace } from "../../gitops/kustomize/resource-id.ts";
import { isClusterScoped, parseApiVersion } from "../../gitops/kustomize/kinds.ts";
import { originOf, type Mapping } from "../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../gitops/flux/built.ts";
import { nameOf } from "../objects.ts";
import type { LiveKustomization } from "./kustomizations.ts";

/** An object in an inventory. */
export interface OwnedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
}

/** What a live Kustomization owns. */
export function liveInventory({ status }: LiveKustomization): readonly OwnedObject[] {
  return (status?.inventory?.entries ?? []).map(({ id, v }) => {
    // An inventory writes a colon in a name as two underscores; the group may be empty (fluxcd/cli-utils, pkg/object/objmetadata.go).
    const [, namespace = "", name = "", group = "", kind = ""] =
      /^([^_]*)_(.*)_([^_]*)_([^_]*)$/.exec(id) ?? [];
    return {
      apiVersion: group === "" ? v : `${group}/${v}`,
      kind,
      namespace,
      name: name.replaceAll("__", ":"),
    };
  });
}

/** What the Kustomization with this `namespace/name` applies according to the repository; undefined if it builds nothing. */
export function builtInventory(cluster: BuiltCluster, id: string): readonly OwnedObject[] | undefined {
  const own = cluster.objects.filter(({ kustomization }) => {
    if (!kustomization) return false;
    const { namespace, name } = nameOf(kustomization.object);
    return `${namespace}/${name}` === id;
  });
  return own.length === 0 ? undefined : own.map(({ object }) => ownedObject(object));
}

/** An object in the repository, in the form that an inventory uses. */
export function ownedObject(object: Mapping): OwnedObject {
  const { id } = new Resource(object, originOf(object));
  return {
    apiVersion: scalarText(object.apiVersion),
    kind: id.gvk.kind,
    namespace: isClusterScoped(id.gvk) ? "" : effectiveNamespace(id),
    name: id.name,
  };
}

/** `Kind.group namespace/name`, without the version. */
export function describeOwned({ apiVersion, kind, namespace, name }: OwnedObject): string {
  const { group } = parseApiVersion(apiVersion);
  return `${kind}${group === "" ? "" : `.${group}`} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

/** How the live inventory differs from the build, one sentence per object; names that only the cluster can resolve are skipped. */
export function inventoryDifferences(
  live: readonly OwnedObject[],
  built: readonly OwnedObject[],
): readonly string[] {
  const known = built.filter(({ name, namespace }) => !`${namespace}${name}`.includes("${"));
  const lacking = known.filter((object) => !live.some((owned) => isSame(owned, object)));
  const strange = live.filter((owned) => !known.some((object) => isSame(owned, object)));
  return [
    ...lacking.map(
      (object) => `does not own ${describeOwned(object)}, which it applies according to this repository`,
    ),
    ...(known.length < built.length ? [] : strange).map(
      (owned) => `owns ${describeOwned(owned)}, which it does not apply according to this repository`,
    ),
  ];
}

/** Only the cluster knows whether a custom resource is namespaced. */
function isSame(live: OwnedObject, built: OwnedObject): boolean {
  const namespace = live.namespace === "" ? "" : built.namespace;
  return identity(live) === identity({ ...built, namespace });
}

/** The hash in a generated name is ignored, because it depends on content that is encrypted in the repository. */
function identity(object: OwnedObject): string {
  const generated = object.kind === "ConfigMap" || object.kind === "Secret";
  const name = generated ? object.name.replace(/-[2456789bcdfghkmt]{10}$/, "") : object.name;
  return describeOwned({ ...object, name });
}
