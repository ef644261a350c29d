import { posix } from "node:path";
import { firstOf } from "../../../../lib/counted.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { BuiltCluster, BuiltKustomization, BuiltObject } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { originOf } from "../../../gitops/yaml/values.ts";
import { clusterOf } from "../../clusters.ts";
import { fieldAt, isKind, nameOf, type WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";

/**
 * A warning for a repository of bases: if nothing in it makes Flux apply a release, others import its directory, and the proof does not cover what they patch.
 * Source: RFC 6902, section 4, and the HelmRelease CRD, which takes either `chart` or `chartRef`.
 */
export function importedElsewhere(
  releases: readonly WrittenObject[],
  { clusters }: StepContext,
): readonly Note[] {
  const bases = releases.filter(({ forms }) =>
    forms.every((form) => {
      const cluster = clusterOf(form, clusters);
      return cluster !== undefined && !isFollowed(form, cluster);
    }),
  );
  const directories = [...new Set(bases.map(({ file }) => posix.dirname(file)))];
  if (directories.length === 0) return [];
  const message = `nothing in this repository makes Flux apply ${firstOf(directories)}. If other repositories import ${directories.length === 1 ? "it" : "them"} and patch spec.chart, these have to change when they take this commit: a JSON patch of a path that does not exist fails their whole build, and Flux rejects a release with both chart and chartRef`;
  return [{ kind: "runbook", message }];
}

/**
 * Whether a cluster's own objects make Flux apply a release: a FluxInstance, the Kustomization that applies it, or, for a release that a root applies, a
 * Kustomization in the same tree. Kustomizations in examples for other repositories do not count for the directories that they show.
 */
function isFollowed({ kustomization, origin }: BuiltObject, cluster: BuiltCluster): boolean {
  const { hasInstance, following } = followersIn(cluster);
  if (hasInstance) return true;
  if (kustomization) return following.has(kustomization);
  const tree = treeOf(origin.source.file);
  return [...following].some(({ object }) => treeOf(originOf(object).source.file) === tree);
}

const treeOf = (file: string): string => file.split("/", 1)[0] ?? file;

const sourceOf = ({ object }: BuiltKustomization): string =>
  scalarText(fieldAt(object, ["spec", "sourceRef", "name"]));

/** The name that `flux bootstrap` and the Flux Operator give the source of a cluster, which need not be in the repository. */
const SYNC_SOURCE = "flux-system";

const followersIn = oncePer(
  ({
    kustomizations,
    objects,
  }: BuiltCluster): {
    readonly hasInstance: boolean;
    readonly following: ReadonlySet<BuiltKustomization>;
  } => {
    const known = new Set(
      objects.flatMap(({ object }) =>
        scalarText(object.apiVersion).startsWith("source.toolkit.fluxcd.io/") ? nameOf(object).name : [],
      ),
    );
    // One source that nothing here defines is that of the cluster, whatever its name. Of several, the others are those of whoever imports this repository.
    const undefinedHere = new Set(kustomizations.map(sourceOf).filter((name) => !known.has(name)));
    const isOwn = (name: string): boolean =>
      known.has(name) || name === SYNC_SOURCE || undefinedHere.size === 1;
    return {
      hasInstance: objects.some(({ object }) =>
        isKind(object, { group: "fluxcd.controlplane.io", kind: "FluxInstance" }),
      ),
      following: new Set(kustomizations.filter((one) => !one.isExternal && isOwn(sourceOf(one)))),
    };
  },
);
