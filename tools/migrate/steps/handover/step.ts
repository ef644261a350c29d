import { EdgefirstError } from "../../../../lib/errors.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { reconcileCommand } from "../../live/reconcile.ts";
import { whyNoDeletionPolicy, whyTooOld } from "../../flux-version.ts";
import { candidates, dependencies } from "./candidates.ts";
import { checkHandover } from "./check.ts";
import { unmet, whyOverridden } from "./overridden.ts";
import { described, handedOver, handoverPhase, isKept } from "./objects.ts";
import { planGuard, planRemoval } from "./plan.ts";
import { whyNothingLeft } from "./nothing-left.ts";
import { notRemovable } from "./removable.ts";
import { readersOfObjects } from "./readers.ts";
import { whyForbidden } from "./allowed.ts";
import { describeCluster } from "../../clusters.ts";
import { findDocument } from "../../objects.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";

/** Removes from the repository what a stack now owns, in two separate commits: first the guard, then the removal. */
export const handover: Step = {
  id: "handover",
  title: "Hand the root Kustomization and its source over to the stack",
  risk: { level: "high", phrase: "without the guard, Flux would delete every app" },
  live: [
    "two commits: guard, then remove; between them, `edgefirst migrate handover REPO --check` must exit with 0",
  ],
  plan,
  whyForbidden,
  unmet: (context, after) => [...unmet(context, after), ...notRemovable(handover, context, after)],
  surviving: ({ clusters, options }) =>
    new Map(clusters.map((cluster) => [cluster.name, handedOver(cluster, options).filter(outlives)])),
  check: (context, cluster) => {
    const [only] = context.clusters;
    if (only) return checkHandover(only, context, cluster);
    throw new EdgefirstError(
      "This repository has no cluster.",
      "Pass the directory that Flux's paths start from.",
    );
  },
};

function plan(context: StepContext): Plan {
  const changes = new Map<string, FileChange>();
  const notes: Note[] = [];
  for (const cluster of context.clusters) {
    const objects = handedOver(cluster, context.options);
    if (!objects.every(({ origin }) => context.selected(origin.source.file))) continue;
    if (objects.length === 0) notes.push(...withoutRoot(cluster, context));
    const planned = planOf(cluster, objects, context);
    notes.push(...planned.notes);
    for (const change of planned.changes) changes.set(change.path, change);
  }
  return { changes: [...changes.values()], notes };
}

/** A cluster that another one's handover leaves as it is, because its root has another name. */
function withoutRoot(cluster: BuiltCluster, { clusters, options }: StepContext): readonly Note[] {
  const { root, phases } = options.handover;
  const first = cluster.objects.find(({ object }) => isFluxKustomization(object));
  const others = clusters.filter((one) => handedOver(one, options).length > 0);
  if (first === undefined || others.length === 0 || phases[cluster.name] === "remove") return [];
  const message = `nothing is handed over in ${describeCluster(cluster)}, because it has no Kustomization ${root}: if its root has another name, set handover.root to it and run the step again`;
  return [{ kind: "left", message, position: locate(first.origin) }];
}

/** The plan for one cluster: the phase that its options name, if the previous phase is complete. */
function planOf(cluster: BuiltCluster, objects: readonly BuiltObject[], context: StepContext): Plan {
  const phase = handoverPhase(objects);
  if (phase === "removed") return { changes: [], notes: [] };
  const embedded = objects.filter(({ origin }) => !isDocument(origin, context));
  if (embedded.length > 0)
    return {
      changes: [],
      notes: embedded.map(({ object, origin }) => ({
        kind: "refused",
        message: `unchanged: ${described(object)} is generated, or an item in a List, and only whole documents can be edited`,
        position: locate(origin),
      })),
    };
  const overridden = objects.flatMap((built): Note[] => {
    const message = whyOverridden(built, context.repository);
    return message === undefined ? [] : [{ kind: "refused", message, position: locate(built.origin) }];
  });
  if (overridden.length > 0) return { changes: [], notes: overridden };
  const wanted = context.options.handover.phases[cluster.name] ?? "guard";
  if (wanted === "guard") {
    const kustomizations = objects.filter(({ object }) => isFluxKustomization(object));
    const tooOld =
      phase === "before"
        ? (whyTooOld(cluster, "deletionPolicy", context.repository) ?? whyNoDeletionPolicy(kustomizations))
        : undefined;
    const [first] = objects;
    if (tooOld !== undefined && first) {
      const message = `cannot be guarded: ${tooOld}`;
      return { changes: [], notes: [{ kind: "refused", message, position: locate(first.origin) }] };
    }
    const { changes, notes } = planGuard(objects, context);
    return {
      changes,
      notes: [
        ...notes,
        ...candidates(cluster, objects),
        ...dependencies(cluster, objects),
        ...readersOfObjects(cluster, objects, context.repository, "later"),
        ...guardRunbook(cluster, objects, context),
      ],
    };
  }
  const empty = whyNothingLeft(cluster, objects);
  const [first] = objects;
  if (phase === "guarded" && empty !== undefined && first)
    return {
      changes: [],
      notes: [{ kind: "refused", message: `cannot be removed: ${empty}`, position: locate(first.origin) }],
    };
  if (phase === "guarded") {
    const { changes, notes } = planRemoval(objects, context);
    const readers = readersOfObjects(cluster, objects, context.repository, "now");
    return { changes, notes: [...notes, ...readers, ...removalRunbook(cluster, objects)] };
  }
  const bare = objects.filter(({ object }) => !isKept(object));
  return {
    changes: [],
    notes: bare.map(({ object, origin }) => ({
      kind: "refused",
      message: `cannot remove ${described(object)}: it has no guard; write and deploy the guard phase first`,
      position: locate(origin),
    })),
  };
}

function isDocument(origin: BuiltObject["origin"], { repository }: StepContext): boolean {
  return findDocument({ file: origin.source.file, origin }, repository) !== undefined;
}

/** Guarded Flux objects keep reconciling; the root needs its source for that. */
function outlives({ object }: BuiltObject): boolean {
  return isKept(object) && scalarText(object.apiVersion).includes(".toolkit.fluxcd.io/");
}

function guardRunbook(
  cluster: BuiltCluster,
  objects: readonly BuiltObject[],
  context: StepContext,
): readonly Note[] {
  const { name } = cluster;
  const commands = objects
    .filter(({ object }) => isFluxKustomization(object))
    .map((object) => reconcileCommand(object, cluster, context));
  const empty = whyNothingLeft(cluster, objects);
  return runbook(objects, [
    ...(empty === undefined ? [] : [`before the phase remove: ${empty}`]),
    `commit the guard, then run: ${[...new Set(commands)].join(" && ")}`,
    "set edgefirst:flux.root.mode to observe and run `pulumi preview`: adjust the stack until its root differs from the live one only in its patches",
    `continue only if this exits with 0: edgefirst migrate handover . --check --cluster ${name} --context <context>`,
    `set handover.phases["${name}"] to remove in .edgefirst/migrate.yaml`,
  ]);
}

function removalRunbook({ name }: BuiltCluster, objects: readonly BuiltObject[]): readonly Note[] {
  const names = objects.map(({ object }) => described(object)).join(", ");
  return runbook(objects, [
    `commit the removal and let Flux reconcile, which leaves ${names} on the cluster`,
    `this must exit with 0: edgefirst migrate handover . --check --cluster ${name} --context <context>`,
    `list ${names} under edgefirst:adopt for one update, set edgefirst:flux.root.mode to manage and run \`pulumi up\``,
  ]);
}

function runbook(objects: readonly BuiltObject[], lines: readonly string[]): readonly Note[] {
  const [first] = objects;
  return lines.map((message) => ({
    kind: "runbook",
    message,
    ...(first && { position: locate(first.origin) }),
  }));
}
