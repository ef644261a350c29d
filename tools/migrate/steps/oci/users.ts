import { HELM_CHART } from "../../../../policy/objects/kinds.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { clusterOf } from "../../clusters.ts";
import type { IncludedObject } from "../../included-objects.ts";
import { fieldAt, idOf, isKind, nameOf, objectsNamed, type WrittenObject } from "../../objects.ts";
import type { StepContext } from "../../step.ts";

/** The objects in a cluster that refer to a HelmRepository, as `Kind namespace/name`. */
export function usersOf(repository: Mapping, { objects }: BuiltCluster): readonly string[] {
  return objects.flatMap(({ object }) => {
    const reference = sourceRefOf(object);
    if (!reference) return [];
    const { namespace } = nameOf(object);
    const named = `${scalarText(reference.namespace) || namespace}/${scalarText(reference.name)}`;
    return named === idOf(repository) ? [userName(object)] : [];
  });
}

/** An object's reference to a HelmRepository. */
export function sourceRefOf(object: Mapping): Mapping | undefined {
  const path = isKind(object, HELM_CHART) ? ["spec", "sourceRef"] : ["spec", "chart", "spec", "sourceRef"];
  const reference = fieldAt(object, path);
  return isMapping(reference) && reference.kind === "HelmRepository" ? reference : undefined;
}

const userName = (object: Mapping): string => `${scalarText(object.kind)} ${idOf(object)}`;

/** An object that refers to a HelmRepository. */
export interface User {
  /** `Kind namespace/name`. */
  readonly id: string;
  readonly cluster: BuiltCluster;
  /** Whether it no longer does after this step. */
  readonly moves: boolean;
}

/**
 * Finds who uses HelmRepositories in the clusters that get them through an entry.
 * @param replaced the releases that no longer refer to a HelmRepository after this step
 */
export function usersAmong(
  replaced: readonly WrittenObject[],
  context: StepContext,
): (taken: IncludedObject) => readonly User[] {
  const moved = movedIn(replaced, context);
  return (taken) =>
    clustersUsing(taken, context).flatMap((cluster) =>
      taken.forms.slice(0, 1).flatMap(({ object }) =>
        usersOf(object, cluster).map((id) => ({
          id,
          cluster,
          moves: moved.get(cluster)?.has(id) === true,
        })),
      ),
    );
}

/** The releases that move in each cluster: those of one name in other clusters may stay. */
function movedIn(
  replaced: readonly WrittenObject[],
  { clusters }: StepContext,
): ReadonlyMap<BuiltCluster | undefined, ReadonlySet<string>> {
  const forms = replaced.flatMap((release) => release.forms);
  const byCluster = Map.groupBy(forms, (form) => clusterOf(form, clusters));
  return new Map(
    [...byCluster].map(([cluster, own]) => [cluster, new Set(own.map(({ object }) => userName(object)))]),
  );
}

/** The clusters with a HelmRepository, and those with none of that name, which may get it in a way that the repository does not show. */
function clustersUsing({ forms }: IncludedObject, { clusters }: StepContext): readonly BuiltCluster[] {
  const own = new Set(forms.map(({ cluster }) => cluster));
  const [form] = forms;
  const hasOther = (cluster: BuiltCluster): boolean =>
    form !== undefined &&
    objectsNamed(cluster, "HelmRepository", nameOf(form.object).name).some(
      ({ object }) => idOf(object) === idOf(form.object),
    );
  return [...own, ...clusters.filter((cluster) => !own.has(cluster) && !hasOther(cluster))];
}
