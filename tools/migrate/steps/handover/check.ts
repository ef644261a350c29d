import type { ClusterReader } from "../../../../kube/client.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../../../kube/objects.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { CheckReport } from "../../live/check.ts";
import { describeOwned, liveInventory } from "../../live/inventory.ts";
import {
  liveKustomizations,
  whyNotGuarded,
  whyNotReady,
  type LiveKustomization,
} from "../../live/kustomizations.ts";
import { idOf } from "../../objects.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { StepContext } from "../../step.ts";
import { handedOver, handoverPhase, referenceTo, type HandoverPhase } from "./objects.ts";

/** Whether it is safe to continue from the phase that the repository has reached. */
export async function checkHandover(
  built: BuiltCluster,
  { options }: StepContext,
  cluster: ClusterReader,
): Promise<CheckReport> {
  const objects = handedOver(built, options);
  const phase = handoverPhase(objects);
  const live = await liveKustomizations(cluster);
  const obstacles: string[] =
    phase === "before" ? ["the repository does not guard every object that it hands over"] : [];
  const notes: string[] = [];
  for (const { object } of objects) {
    const reference = referenceTo(object);
    const found = isFluxKustomization(object) ? live.get(idOf(object)) : await cluster.get(reference);
    obstacles.push(...obstaclesOf(describeObject(reference), found));
  }
  const roots = [...live.values()].filter(({ metadata }) => metadata.name === options.handover.root);
  if (phase === "removed") {
    if (roots.length === 0) obstacles.push(`Kustomization ${options.handover.root} is not on the cluster`);
    for (const root of roots) {
      const reason = whyNotGuarded(root) ?? whyNotReady(root);
      if (reason !== undefined) obstacles.push(`${describeObject(root)} ${reason}`);
      const owner = root.metadata.labels?.[STACK_LABEL];
      notes.push(
        `${describeObject(root)} ${owner === undefined ? "has no owner yet" : `belongs to stack ${owner}`}`,
      );
    }
  }
  const safe = obstacles.length === 0;
  return {
    step: "handover",
    cluster: built.name,
    context: cluster.context,
    phase,
    safe,
    obstacles,
    notes,
    next: safe ? NEXT[phase](built.name) : "Fix the points above and re-run the check. Nothing was changed.",
    inventory: Object.fromEntries(
      roots.map((root) => [
        `${root.metadata.namespace}/${root.metadata.name}`,
        liveInventory(root).map(describeOwned),
      ]),
    ),
  };
}

const NEXT: Readonly<Record<HandoverPhase, (cluster: string) => string>> = {
  before: () => "Write the guard phase first.",
  guarded: (name) =>
    `The guard is live. Set handover.phases["${name}"] to remove in ${OPTIONS_FILE}, then run \`edgefirst migrate handover REPO --write\`.`,
  removed: () =>
    "All objects that were handed over are on the cluster and no longer depend on the repository: the stack can own them now.",
};

function obstaclesOf(name: string, live: KubeObject | undefined): readonly string[] {
  if (!live) return [`${name} is not on the cluster`];
  const guard = live.kind === "Kustomization" ? whyNotGuarded(live as LiveKustomization) : undefined;
  return [
    ...(live.metadata.annotations?.[PRUNE_ANNOTATION] === "disabled"
      ? []
      : [`${name} does not have the annotation ${PRUNE_ANNOTATION}: disabled`]),
    ...(guard === undefined ? [] : [`${name} ${guard}`]),
  ];
}
