import { locate } from "../../../gitops/yaml/source.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { buildClusters } from "../../build.ts";
import { sameCluster } from "../../clusters.ts";
import type { Edits } from "../../edits.ts";
import { idOf, nameOf } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { decisions, isUndecided, onlyLive } from "./elsewhere.ts";
import { missingAfter } from "./missing.ts";
import { namedBefore } from "./named.ts";
import { moveDependencies } from "./depends-on.ts";
import { addPatches, movePatch, movePatchOf, sourcePatch } from "./patches.ts";
import { presentIn, referencesOf } from "./references.ts";
import { notEditable } from "../../not-editable.ts";
import { whyNotMoved } from "./reach.ts";
import { movingRoots, writtenRoot, type MovingRoot } from "./root.ts";

/** Plans the move of a root's children; returns `refused` notes if something prevents it. */
export function planMove(moving: MovingRoot, context: StepContext, edits: Edits): readonly Note[] {
  const { cluster, root } = moving;
  const { perApp } = context.options.namespace;
  const obstacles = [...sharedNames(moving, context), ...severalSources(moving)];
  if (obstacles.length > 0) return obstacles;
  const edit = edits.of(root.origin.source.file);
  const document = edit.documentAt(root.origin.offset);
  const { optOutLabel, target } = context.options.namespace;
  const [source] = sourceNamespaces(moving);
  const shared = [
    ...(source === undefined ? [] : [sourcePatch(source, optOutLabel)]),
    movePatch(target, optOutLabel),
  ];
  const dependencies = moveDependencies(moving, context, edits);
  const patches = [...(perApp ? patchesPerApp(moving, source) : shared), ...dependencies.patches];
  if (!addPatches(edit, document, patches, writtenRoot(moving, context.repository)))
    return [
      {
        kind: "refused",
        message: `cannot move: ${notEditable(edit, root.origin.source.file)}`,
        position: locate(root.origin),
      },
    ];
  const after = clusterAfter(moving, context, edits);
  const [moved] = movingRoots([after], context.options);
  const unmoved = moved && whyNotMoved(moved);
  if (unmoved !== undefined)
    return [{ kind: "refused", message: `cannot move: ${unmoved}`, position: locate(root.origin) }];
  const { lost, elsewhere } = missingAfter(cluster, after);
  const undecided = elsewhere.filter((group) => isUndecided(group, context));
  const live = elsewhere.filter((group) => !isUndecided(group, context));
  return [
    ...missingNamespaces(moving),
    ...lost,
    ...decisions(undecided, moving),
    ...live.flatMap((group) => onlyLive(group, moving, context)),
    ...dependencies.notes,
    ...namedBefore(moving),
  ];
}

/** Names with which children cannot move, as `refused` notes. For Flux, another name is another Kustomization, so it is easiest to change before the guard. */
export function sharedNames(moving: MovingRoot, { options }: StepContext): readonly Note[] {
  return [...clashes(moving), ...namesakes(moving, options.namespace.perApp)];
}

/** What the cluster would receive after the edits. */
export function clusterAfter(
  { cluster }: MovingRoot,
  { repository }: StepContext,
  edits: Edits,
): BuiltCluster {
  const changes = new Map(edits.changes().map(({ path, text }) => [path, text]));
  return sameCluster(cluster, buildClusters(repository.with(changes))) ?? cluster;
}

/** One patch per target for its children. */
function patchesPerApp(
  { children, targets, targetOf }: MovingRoot,
  source: string | undefined,
): readonly string[] {
  const away = children.filter(({ object }) => nameOf(object).namespace !== targetOf(object));
  return targets.flatMap((target) => {
    const names = away
      .filter(({ object }) => targetOf(object) === target)
      .map(({ object }) => nameOf(object).name);
    return names.length === 0 ? [] : [movePatchOf(names, target, source)];
  });
}

/** Without its namespace, Flux would apply no child, and nothing else of the root. Next to a root that is applied by hand, the owner applies it too. */
function missingNamespaces({ cluster, root, targets }: MovingRoot): readonly Note[] {
  if (root.kustomization === undefined) return [];
  return targets
    .filter((target) => !presentIn(cluster, { kind: "Namespace", namespace: "", name: target }))
    .map((target) => ({
      kind: "refused",
      message: `cannot move: no Kustomization applies Namespace ${target}, and without it Flux could apply nothing of ${idOf(root.object)}; set the phase to guard again, which writes it`,
      position: locate(root.origin),
    }));
}

/** Two children with the same name cannot share a namespace, and a patch cannot tell them apart. */
function clashes({ children, targetOf }: MovingRoot): readonly Note[] {
  const names = Map.groupBy(children, ({ object }) => nameOf(object).name);
  return [...names.values()].flatMap(([first, ...others]) =>
    first && others.length > 0
      ? [
          {
            kind: "refused" as const,
            message: `cannot move: ${[first, ...others].map(({ object }) => idOf(object)).join(" and ")} would both become ${targetOf(first.object)}/${nameOf(first.object).name}; rename all but one`,
            position: locate(first.origin),
          },
        ]
      : [],
  );
}

/** Kustomizations that stay but already have a child's new name, or that the patch for a child would move as well. */
function namesakes({ cluster, root, movers, targetOf }: MovingRoot, perApp: boolean): readonly Note[] {
  const moving = new Map(movers.map(({ object }) => [nameOf(object).name, object]));
  return cluster.objects
    .filter(({ object }) => isFluxKustomization(object) && !movers.some((one) => one.object === object))
    .flatMap(({ object, kustomization, origin }): readonly Note[] => {
      const child = moving.get(nameOf(object).name);
      const isBeside = kustomization !== undefined && idOf(kustomization.object) === idOf(root.object);
      if (!child || !(idOf(object) === `${targetOf(child)}/${nameOf(child).name}` || (perApp && isBeside)))
        return [];
      const message = `cannot move: ${idOf(object)} has the same name as ${idOf(child)}, which moves to ${targetOf(child)}; rename one of them`;
      return [{ kind: "refused", message, position: locate(origin) }];
    });
}

/** The namespaces of the sources that children refer to without a namespace. */
function sourceNamespaces({ children }: MovingRoot): readonly string[] {
  const sources = children
    .flatMap(({ object }) => referencesOf(object))
    .filter(({ use }) => use === "sourceRef");
  return [...new Set(sources.filter(({ explicit }) => !explicit).map(({ namespace }) => namespace))];
}

const namespaceOfSource = (child: Mapping): string =>
  referencesOf(child).find(({ use }) => use === "sourceRef")?.namespace ?? "";

/** One patch sets the source namespace for every child, so all sources must be in the same one. */
function severalSources(moving: MovingRoot): readonly Note[] {
  const implied = sourceNamespaces(moving);
  if (implied.length === 0) return [];
  return moving.children
    .filter(({ object }) => {
      const source = referencesOf(object).find(({ use }) => use === "sourceRef");
      return source !== undefined && source.namespace !== implied[0];
    })
    .map(({ object, origin }) => {
      const message = `cannot move: the source of ${idOf(object)} is in ${namespaceOfSource(object)}, and another child, whose sourceRef has no namespace, has its source in ${implied[0] ?? ""}: one patch sets the namespace of all, so set it in every sourceRef`;
      return { kind: "refused", message, position: locate(origin) };
    });
}
