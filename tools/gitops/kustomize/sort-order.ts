import { entryOrigin, isMapping, originOf, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { scalarText, type Resource } from "./resource.ts";

/** Kinds that come first in the legacy order. Source: internal/builtins/SortOrderTransformer.go. */
const FIRST = [
  ...["Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount"],
  ...["PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap"],
  ...["Secret", "Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume"],
  ...["PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget"],
];
const LAST = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/** The objects in the order that `sortOptions` requests: as loaded, unless `order` is `legacy`. */
export function sortObjects(resources: readonly Resource[], { sortOptions }: Mapping): readonly Resource[] {
  if (!isMapping(sortOptions)) return resources;
  const order = scalarText(sortOptions.order);
  const { legacySortOptions: legacy } = sortOptions;
  if (order !== "legacy" && order !== "fifo")
    throw new BuildError("sortOptions.order must be `fifo` or `legacy`", originOf(sortOptions));
  if (order === "fifo" && legacy !== undefined)
    throw new BuildError(
      "the field `legacySortOptions` needs `order: legacy`",
      entryOrigin(sortOptions, "legacySortOptions"),
    );
  if (order === "fifo") return resources;
  const kinds = (field: string, otherwise: readonly string[]): readonly string[] => {
    const list = isMapping(legacy) ? legacy[field] : undefined;
    return isMapping(legacy) ? (Array.isArray(list) ? list.map(scalarText) : []) : otherwise;
  };
  const [first, last] = [kinds("orderFirst", FIRST), kinds("orderLast", LAST)];
  const rank = (kind: string): number => {
    if (first.includes(kind)) return first.indexOf(kind) - first.length;
    return last.includes(kind) ? last.indexOf(kind) + 1 : 0;
  };
  return resources
    .map((resource) => ({ resource, rank: rank(resource.gvk.kind), ...legacyId(resource) }))
    .sort((a, b) => a.rank - b.rank || compare(a.kind, b.kind) || compare(a.name, b.name))
    .map(({ resource }) => resource);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function legacyId({ gvk, namespace, name }: Resource): { readonly kind: string; readonly name: string } {
  const or = (value: string, absent: string): string => (value === "" ? absent : value);
  const kind = [or(gvk.group, "~G"), or(gvk.version, "~V"), or(gvk.kind, "~K")].join("_");
  return { kind, name: [or(namespace, "~X"), or(name, "~N")].join("|") };
}
