import { describeObject } from "../../kube/objects.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import type { Mapping } from "../gitops/yaml/values.ts";
import { asKubeObject } from "../lint/kube-object.ts";
import { renderRepository } from "../render/render-repository.ts";
import { isRelease, type Renderer } from "../render/renderer.ts";
import type { Rendered } from "../render/rendered.ts";
import { idOf } from "./objects.ts";
import { listed, renderedChange, type RenderedSide } from "./rendered-change.ts";
import type { StepResult } from "./run.ts";
import type { Failure, StepContext } from "./step.ts";

/** What is proven about the objects that charts install. */
export interface RenderedProof {
  /** Number of HelmReleases that were compared. */
  readonly compared: number;
  /** The releases that the step changes and that could not be rendered, one sentence each. */
  readonly notCompared: readonly string[];
  readonly failures: readonly Failure[];
}

/** Renders every HelmRelease before and after a step, and checks that the step is allowed to make every resulting change. */
export async function proveRendered(
  { step, proof, after }: StepResult,
  context: StepContext,
  renderer: Renderer,
): Promise<RenderedProof> {
  const [old, now] = [await sides(context.repository, context.clusters), await sides(after, proof.clusters)];
  const changed = new Set(
    proof.intended.flatMap(({ cluster, after: release }) =>
      release && isRelease(release) ? [`${cluster} ${idOf(release.object)}`] : [],
    ),
  );
  const failures: Failure[] = [];
  const notCompared: string[] = [];
  let compared = 0;
  for (const [key, later] of now) {
    const earlier = old.get(key);
    if (earlier === undefined) continue;
    const name = describeObject(asKubeObject(later.release.object));
    const files = [later.release.origin.source.file];
    if (earlier.side && later.side) {
      compared += 1;
      const change = renderedChange(earlier.side, later.side);
      if (change.differences.length === 0) continue;
      const reason = step.whyRenderedForbidden
        ? step.whyRenderedForbidden(change, context)
        : `its chart would install different objects: ${listed(change.differences)}`;
      if (reason !== undefined) failures.push({ message: `${name}: ${reason}`, files });
    } else if (earlier.side)
      failures.push({ message: `${name} can no longer be rendered: ${later.reason}`, files });
    else if (changed.has(key)) notCompared.push(`${name} was not rendered: ${earlier.reason}`);
  }
  return { compared, notCompared: [...new Set(notCompared)], failures };

  async function sides(
    repository: StepContext["repository"],
    clusters: readonly BuiltCluster[],
  ): Promise<ReadonlyMap<string, Side>> {
    const built = { clusters, external: [], unreached: [] };
    const rendering = await renderRepository(repository, renderer, built);
    return new Map([...rendering.clusters].flatMap(([cluster, rendered]) => sidesOf(cluster, rendered)));
  }
}

/** A release before or after the step. */
interface Side {
  readonly release: BuiltObject;
  /** Undefined if it could not be rendered. */
  readonly side?: RenderedSide;
  readonly reason: string;
}

function sidesOf(
  cluster: BuiltCluster,
  { releases, notRendered }: Rendered,
): readonly (readonly [string, Side])[] {
  const installed = new Map(
    [...releases].map(([release, objects]) => [release, objects.map((object) => asBuilt(object, release))]),
  );
  const whole = { ...cluster, objects: [...cluster.objects, ...[...installed.values()].flat()] };
  const key = ({ object }: BuiltObject): string => `${cluster.name} ${idOf(object)}`;
  return [
    ...[...installed].map(
      ([release, objects]) =>
        [key(release), { release, side: { objects, cluster: whole }, reason: "" }] as const,
    ),
    ...notRendered.map(({ release, reason }) => [key(release), { release, reason }] as const),
  ];
}

/** An object from a chart, in the form of one that a Kustomization applies. */
function asBuilt(object: Mapping, { kustomization, origin }: BuiltObject): BuiltObject {
  return { object, kustomization, beforeSubstitution: object, origin };
}
