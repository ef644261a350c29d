import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { locate } from "../gitops/yaml/source.ts";
import { originOf } from "../gitops/yaml/values.ts";
import type { RepositoryRendering } from "../render/render-repository.ts";
import type { Rendered } from "../render/rendered.ts";
import type { RenderingSummary } from "./finding.ts";
import { asKubeObject } from "./kube-object.ts";

/** The objects that the charts of a cluster render, each with its HelmRelease. */
export function renderedObjects(rendered: Rendered | undefined): ReadonlyMap<KubeObject, KubeObject> {
  const releases = [...(rendered?.releases ?? [])];
  return new Map(
    releases.flatMap(([release, objects]) =>
      objects.map((object) => [asKubeObject(object), asKubeObject(release.object)] as const),
    ),
  );
}

/** How many releases were rendered, and why the others were not. A release that several clusters share counts once. */
export function renderingSummary({ clusters }: RepositoryRendering): RenderingSummary {
  const rendered = new Set<string>();
  const notRendered = new Map<string, RenderingSummary["notRendered"][number]>();
  for (const [{ name }, result] of clusters) {
    for (const { origin, object } of result.releases.keys())
      rendered.add(`${origin.source.file}:${origin.offset} ${describeObject(asKubeObject(object))}`);
    for (const { release, reason } of result.notRendered) {
      const description = describeObject(asKubeObject(release.object));
      const position = locate(originOf(release.object));
      const key = `${position.file}:${position.line} ${description} ${reason}`;
      const clusterNames = [...(notRendered.get(key)?.clusters ?? []), name];
      notRendered.set(key, { release: description, reason, position, clusters: clusterNames });
    }
  }
  return { rendered: rendered.size, notRendered: [...notRendered.values()] };
}
