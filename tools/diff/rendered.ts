import { counted } from "../../lib/counted.ts";
import { describeObject } from "../../kube/objects.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import type { BuiltRepository } from "../gitops/flux/repository-build.ts";
import type { RenderingSummary } from "../lint/finding.ts";
import { asKubeObject } from "../lint/kube-object.ts";
import { renderingSummary } from "../lint/rendered.ts";
import type { RepositoryRendering } from "../render/render-repository.ts";
import { isRelease } from "../render/renderer.ts";

/** An object that the chart of a HelmRelease renders. */
export interface RenderedObject extends BuiltObject {
  readonly release: BuiltObject;
}

/** Both sides of a comparison with what their charts render. */
export interface RenderedSides {
  readonly before: BuiltRepository;
  readonly after: BuiltRepository;
  readonly rendering: Readonly<Record<"before" | "after", RenderingSummary>>;
  /** Objects that only one side has because the release could not be rendered on the other; one sentence for each release. */
  readonly uncertain: readonly string[];
}

/** `HelmRelease namespace/name` of an object that a chart renders; undefined for any other object. */
export function releaseOf(built: BuiltObject | undefined): string | undefined {
  return built !== undefined && "release" in built ? nameOf((built as RenderedObject).release) : undefined;
}

/** Adds to each cluster what its charts render. A release that could be rendered on one side only is left out on both. */
export function withRendered(before: RepositoryRendering, after: RepositoryRendering): RenderedSides {
  const uncertain = [...oneSided(before, after, "after"), ...oneSided(after, before, "before")];
  return {
    before: extended(before, after),
    after: extended(after, before),
    rendering: { before: renderingSummary(before), after: renderingSummary(after) },
    uncertain: [...new Set(uncertain)],
  };
}

function extended(side: RepositoryRendering, other: RepositoryRendering): BuiltRepository {
  const clusters = side.built.clusters.map((cluster) => ({
    ...cluster,
    objects: [
      ...cluster.objects,
      ...renderedIn(side, cluster)
        .filter(([release]) => reasonOf(other, cluster.name, nameOf(release)) === undefined)
        .flatMap(([release, objects]) => objects.map((object) => renderedObject(object, release))),
    ],
  }));
  return { ...side.built, clusters };
}

function renderedObject(object: BuiltObject["object"], release: BuiltObject): RenderedObject {
  return { object, release, kustomization: undefined, beforeSubstitution: object, origin: release.origin };
}

/** What is not compared because the release could not be rendered on the other side. */
function oneSided(
  side: RepositoryRendering,
  other: RepositoryRendering,
  when: "before" | "after",
): readonly string[] {
  return side.built.clusters.flatMap((cluster) =>
    renderedIn(side, cluster).flatMap(([release, { length }]) => {
      const reason = reasonOf(other, cluster.name, nameOf(release));
      return reason === undefined
        ? []
        : [
            `${counted(length, "object")} of ${nameOf(release)} not compared, because it cannot be rendered ${when} the change: ${reason}`,
          ];
    }),
  );
}

type Releases = readonly (readonly [BuiltObject, readonly BuiltObject["object"][]])[];

function renderedIn({ clusters }: RepositoryRendering, cluster: BuiltCluster): Releases {
  return [...(clusters.get(cluster)?.releases ?? [])];
}

/** Why a release of the cluster was not rendered; undefined if it was, or if the cluster does not have it. */
function reasonOf({ clusters }: RepositoryRendering, cluster: string, release: string): string | undefined {
  const [, rendered] = [...clusters].find(([{ name }]) => name === cluster) ?? [];
  return rendered?.notRendered.find((one) => nameOf(one.release) === release)?.reason;
}

function nameOf({ object }: BuiltObject): string {
  return describeObject(asKubeObject(object));
}

/** Whether a cluster still has a release. */
export function hasRelease(cluster: BuiltCluster | undefined, release: string): boolean {
  return cluster?.objects.some((built) => isRelease(built) && nameOf(built) === release) ?? false;
}
