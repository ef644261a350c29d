import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { parseYaml } from "../../../gitops/yaml/parse.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { SourceFile } from "../../../gitops/yaml/source.ts";
import { findDocument, idOf, nameOf } from "../../objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { MigrateOptions } from "../../options.ts";
import type { NamespaceOptions } from "./options.ts";

/** A cluster's Kustomization whose children move. */
export interface MovingRoot {
  readonly cluster: BuiltCluster;
  readonly root: BuiltObject;
  /** The Kustomizations that it applies and its patches select. */
  readonly children: readonly BuiltObject[];
  /** Children whose own files set a namespace other than the target; this still holds after the move. */
  readonly movers: readonly BuiltObject[];
  /** The target namespace of a child. */
  readonly targetOf: (child: Mapping) => string;
  /** The target namespaces of all children. */
  readonly targets: readonly string[];
}

/**
 * How far the move has progressed. `before`: Flux would delete what a child applied; `guarded`: it would not; `moved`: all children are
 * in the target and still guarded; `done`: the guard is removed.
 */
export type Phase = "before" | "guarded" | "moved" | "done";

/** The root in each cluster where it has children. */
export function movingRoots(
  clusters: readonly BuiltCluster[],
  options: MigrateOptions,
): readonly MovingRoot[] {
  return clusters.flatMap((cluster) => movingRootOf(cluster)(options));
}

/** Cached, because it is needed for each new object. */
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
    const movers = children.filter((child) => formerNamespace(child) !== targetOf(child.object));
    const targets = options.perApp
      ? [...new Set(movers.map(({ object }) => targetOf(object)))]
      : [options.target];
    return children.length === 0 ? [] : [{ cluster, root, children, movers, targetOf, targets }];
  }),
);

/** The namespace of a child without its root's patches: the one before the move. */
export function formerNamespace({ object, kustomization, origin }: BuiltObject): string {
  return nameOf(kustomization?.beforePatches(origin) ?? object).namespace;
}

/** The target namespace of a child; with `perApp`, a child without a `targetNamespace` stays where it is. */
export function targetFor(
  child: Mapping,
  { perApp, target }: Pick<NamespaceOptions, "perApp" | "target">,
): string {
  return perApp ? scalarText(specOf(child).targetNamespace) || nameOf(child).namespace : target;
}

/** The phase that the repository has reached for a root. */
export function phaseOf({ root, children, targetOf }: MovingRoot): Phase {
  const outside = children.filter(({ object }) => nameOf(object).namespace !== targetOf(object));
  if (outside.length > 0) return outside.every(({ object }) => isGuarded(object)) ? "guarded" : "before";
  return guardIndex(root.object) < 0 ? "done" : "moved";
}

/** The root as its file has it, before the patches of the repository; as built, if no file has it. */
export function writtenRoot({ root: { object, origin } }: MovingRoot, repository: Repository): Mapping {
  const { file } = origin.source;
  return (repository.isFile(file) ? findDocument({ file, origin }, repository) : undefined) ?? object;
}

/** Whether the objects that a Kustomization applied survive its deletion. */
export function isGuarded(kustomization: Mapping): boolean {
  return specOf(kustomization).deletionPolicy === "Orphan";
}

/** The index of the guard among a root's patches; -1 if there is none. */
export function guardIndex(root: Mapping): number {
  const { patches } = specOf(root);
  return Array.isArray(patches) ? patches.findIndex((entry) => isMapping(entry) && isGuard(entry)) : -1;
}

/** A patch that sets the guard and nothing else. */
function isGuard({ patch }: Mapping): boolean {
  const { documents } = parseYaml(new SourceFile("", scalarText(patch)));
  const written = documents.length === 1 ? documents[0]?.value : undefined;
  if (!isMapping(written) || !isMapping(written.spec)) return false;
  return written.spec.deletionPolicy === "Orphan" && Object.keys(written.spec).length === 1;
}

/** Whether a child is exempt from the patches. */
export function optsOut(object: Mapping, optOutLabel: string): boolean {
  const labels = isMapping(object.metadata) ? object.metadata.labels : undefined;
  return isMapping(labels) && scalarText(labels[optOutLabel]) === "true";
}
