import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { parse } from "yaml";
import { idOf, nameOf } from "../../objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { MigrateOptions } from "../../options.ts";
import type { NamespaceOptions } from "./options.ts";

/** A cluster's Kustomization whose children move. */
export interface MovingRoot {
  readonly cluster: BuiltCluster;
  readonly root: BuiltObject;
  /** Kustomizations that it applies and that its global patches are for. */
  readonly children: readonly BuiltObject[];
  /** Those whose own files have them elsewhere than where they are to be; they stay so when they have moved. */
  readonly movers: readonly BuiltObject[];
  /** Where a child is to be. */
  readonly targetOf: (child: Mapping) => string;
  /** Where any of them is to be. */
  readonly targets: readonly string[];
}

/**
 * How far a move has come, as the repository says. before: a child would take with it what it applied; guarded: none would; moved: all are in
 * the target, and the guard is on; done: it is off.
 */
export type Phase = "before" | "guarded" | "moved" | "done";

/** The root of each cluster that has one with children. */
export function movingRoots(
  clusters: readonly BuiltCluster[],
  options: MigrateOptions,
): readonly MovingRoot[] {
  return clusters.flatMap((cluster) => movingRootOf(cluster)(options));
}

/** Asked for each object that comes. */
const movingRootOf = oncePer((cluster: BuiltCluster) =>
  oncePer(({ namespace: options }: MigrateOptions): readonly MovingRoot[] => {
    const { root: rootName, optOutLabel } = options;
    const targetOf = (child: Mapping): string => targetFor(child, options);
    const kustomizations = cluster.objects.filter(({ object }) => isFluxKustomization(object));
    const root = kustomizations.find(({ object }) => nameOf(object).name === rootName);
    if (!root) return [];
    const children = kustomizations
      .filter(({ kustomization }) => kustomization && idOf(kustomization.object) === idOf(root.object))
      .filter(({ object }) => idOf(object) !== idOf(root.object) && !optsOut(object, optOutLabel));
    const movers = children.filter((child) => writtenNamespace(child) !== targetOf(child.object));
    const targets = options.perApp
      ? [...new Set(movers.map(({ object }) => targetOf(object)))]
      : [options.target];
    return children.length === 0 ? [] : [{ cluster, root, children, movers, targetOf, targets }];
  }),
);

/** Where a child is without the patches of its root. */
function writtenNamespace({ object, kustomization, origin }: BuiltObject): string {
  return nameOf(kustomization?.beforePatches(origin) ?? object).namespace;
}

/** Where a child is to be; one that says no namespace for its app stays where it is, where each is to be with its app. */
export function targetFor(
  child: Mapping,
  { perApp, target }: Pick<NamespaceOptions, "perApp" | "target">,
): string {
  return perApp ? scalarText(specOf(child).targetNamespace) || nameOf(child).namespace : target;
}

/** How far the repository has come with a root. */
export function phaseOf({ root, children, targetOf }: MovingRoot): Phase {
  const outside = children.filter(({ object }) => nameOf(object).namespace !== targetOf(object));
  if (outside.length > 0) return outside.every(({ object }) => isGuarded(object)) ? "guarded" : "before";
  return guardIndex(root.object) < 0 ? "done" : "moved";
}

/** Whether what a Kustomization applied stays when it goes. */
export function isGuarded(kustomization: Mapping): boolean {
  return specOf(kustomization).deletionPolicy === "Orphan";
}

/** Which of a root's patches is the guard; -1 where none is. */
export function guardIndex(root: Mapping): number {
  const { patches } = specOf(root);
  return Array.isArray(patches) ? patches.findIndex((entry) => isMapping(entry) && isGuard(entry)) : -1;
}

/** A patch that sets nothing but the guard. */
function isGuard({ patch }: Mapping): boolean {
  const written: unknown = parse(scalarText(patch), { logLevel: "silent" });
  if (!isMapping(written) || !isMapping(written.spec)) return false;
  return written.spec.deletionPolicy === "Orphan" && Object.keys(written.spec).length === 1;
}

/** Whether a child is no business of the global patches. */
export function optsOut(object: Mapping, optOutLabel: string): boolean {
  const labels = isMapping(object.metadata) ? object.metadata.labels : undefined;
  return isMapping(labels) && scalarText(labels[optOutLabel]) === "true";
}
