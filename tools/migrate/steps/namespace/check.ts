import { idOf } from "../../objects.ts";
import type { ClusterReader } from "../../../../kube/client.ts";
import { ownerOf, unadopted } from "../../live/adoption.ts";
import type { CheckReport } from "../../live/check.ts";
import { builtInventory, describeOwned, inventoryDifferences, liveInventory } from "../../live/inventory.ts";
import {
  liveKustomizations,
  whyNotGuarded,
  whyNotObserved,
  whyNotReady,
  type LiveKustomization,
} from "../../live/kustomizations.ts";
import { isFluxKustomization } from "../../../gitops/flux/flux-kustomization.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { StepContext } from "../../step.ts";
import { dataKindsOf } from "./data.ts";
import { unkeptData } from "./live-data.ts";
import { missingLive } from "./live-references.ts";
import { phaseOf, type MovingRoot, type Phase } from "./root.ts";

/** Findings collected for the report. */
interface Findings {
  readonly obstacles: string[];
  readonly notes: string[];
}

/** Whether it is safe to continue from the phase that the repository has reached. */
export async function checkNamespace(
  moving: MovingRoot,
  context: StepContext,
  cluster: ClusterReader,
): Promise<CheckReport> {
  const phase = phaseOf(moving);
  const live = await liveKustomizations(cluster);
  const findings: Findings = { obstacles: [], notes: [] };
  const children = childrenLive(moving, live, findings);
  for (const child of children) compareInventory(child, moving, findings);
  unexpectedChildren(moving, live, findings);
  if (phase === "before") findings.obstacles.push("the repository does not guard every child");
  if (phase === "before" || phase === "guarded") {
    for (const child of children) addObstacle(child, whyNotGuarded(child), findings);
    findings.obstacles.push(...(await unkeptData([...live.values()], dataKindsOf(context), cluster)));
    if (phase === "guarded") findings.obstacles.push(...(await missingLive(moving, context, live, cluster)));
  } else {
    for (const child of children) {
      const guarded = phase === "moved" ? whyNotGuarded(child) : whyNotObserved(child);
      addObstacle(child, guarded ?? whyNotReady(child), findings);
    }
    findings.obstacles.push(
      ...(await unadopted(
        children,
        live,
        moving.cluster.objects.map(({ object }) => object),
        cluster,
      )),
    );
  }
  const safe = findings.obstacles.length === 0;
  return {
    step: "namespace",
    cluster: moving.cluster.name,
    context: cluster.context,
    phase,
    safe,
    ...findings,
    next: safe ? NEXT[phase](moving) : "Fix the points above and re-run the check. Nothing was changed.",
    inventory: Object.fromEntries(
      children.map((child) => [liveId(child), liveInventory(child).map(describeOwned)]),
    ),
  };
}

const NEXT: Readonly<Record<Phase, (moving: MovingRoot) => string>> = {
  before: () => "Write the guard phase first.",
  guarded: ({ cluster: { name } }) =>
    `The guard is live. Set namespace.phases["${name}"] to move in ${OPTIONS_FILE}, then run \`edgefirst migrate namespace REPO --write\`.`,
  moved: ({ cluster: { name } }) =>
    `Every child has moved. Set namespace.phases["${name}"] to unguard in ${OPTIONS_FILE}, then run \`edgefirst migrate namespace REPO --write\`.`,
  done: () => "The move is complete.",
};

const liveId = ({ metadata: { namespace, name } }: LiveKustomization): string => `${namespace}/${name}`;

function addObstacle(child: LiveKustomization, reason: string | undefined, { obstacles }: Findings): void {
  if (reason !== undefined) obstacles.push(`Kustomization ${liveId(child)} ${reason}`);
}

function childrenLive(
  { children }: MovingRoot,
  live: ReadonlyMap<string, LiveKustomization>,
  { obstacles }: Findings,
): readonly LiveKustomization[] {
  return children.flatMap(({ object }) => {
    const child = live.get(idOf(object));
    if (!child) obstacles.push(`Kustomization ${idOf(object)} is not on the cluster`);
    return child ? [child] : [];
  });
}

/** Live children of the root that the repository does not contain in their namespace: not deleted yet, or from another source. */
function unexpectedChildren(
  { root, children, cluster: { objects } }: MovingRoot,
  live: ReadonlyMap<string, LiveKustomization>,
  { obstacles }: Findings,
): void {
  const known = new Set(
    objects
      .map(({ object }) => object)
      .filter(isFluxKustomization)
      .map(idOf),
  );
  const names = new Set(children.map(({ object }) => idOf(object).split("/")[1]));
  for (const [id, other] of live) {
    if (known.has(id)) continue;
    if (ownerOf(other) === idOf(root.object) || names.has(other.metadata.name))
      obstacles.push(`Kustomization ${id} is on the cluster but not in the repository`);
  }
}

function compareInventory(
  child: LiveKustomization,
  { cluster }: MovingRoot,
  { obstacles, notes }: Findings,
): void {
  const id = liveId(child);
  const built = builtInventory(cluster, id);
  if (!built)
    notes.push(
      `Kustomization ${id}: its inventory was not compared, because the repository does not contain what it applies`,
    );
  else
    for (const difference of inventoryDifferences(liveInventory(child), built))
      obstacles.push(`Kustomization ${id} ${difference}`);
}
