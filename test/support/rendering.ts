import { join } from "node:path";
import type { BuiltCluster } from "../../tools/gitops/flux/built.ts";
import { buildRepository } from "../../tools/gitops/flux/repository-build.ts";
import { scalarText } from "../../tools/gitops/kustomize/resource.ts";
import { Repository } from "../../tools/gitops/yaml/repository.ts";
import type { Mapping } from "../../tools/gitops/yaml/values.ts";
import { mappingIn } from "../../tools/render/release.ts";
import type { Rendered } from "../../tools/render/rendered.ts";
import { Renderer, type RendererArgs } from "../../tools/render/renderer.ts";
import { renderSettings } from "../../tools/render/settings.ts";
import { resolveProgram, type ResolvedProgram } from "../../tools/toolchain/resolve.ts";
import { temporaryDirectory, writeFiles } from "./temporary.ts";

/** The directory with the charts of the tests. */
export const CHARTS = join(import.meta.dirname, "../fixtures/charts");

/** Helm, built from its pinned module if necessary. */
export function helm(): Promise<ResolvedProgram> {
  return resolveProgram("helm", { progress: () => undefined });
}

/** A repository in a temporary directory. Without Flux, every file in it is applied to one cluster. */
export function repositoryOf(files: Readonly<Record<string, string>>): Repository {
  const root = temporaryDirectory("edgefirst-render-test-");
  writeFiles(root, files);
  return new Repository(root);
}

/** A HelmRelease of the chart `sample` in the directory of charts, with further fields of its spec. */
export function sampleRelease(spec: Mapping = {}, chart = "sample"): string {
  return JSON.stringify({
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: "hello", namespace: "apps" },
    spec: {
      chart: { spec: { chart, sourceRef: { kind: "HelmRepository", name: "charts" } } },
      ...spec,
    },
  });
}

/** The HelmRepository that {@link sampleRelease} names. */
export const SAMPLE_SOURCE = JSON.stringify({
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
  metadata: { name: "charts", namespace: "apps" },
  spec: { url: "https://charts.example.com" },
});

/** How a test renders. */
export interface TestRendering extends Partial<Pick<RendererArgs, "fetch" | "env" | "helm">> {
  readonly settings?: Mapping;
}

/** Renders the only cluster of a repository, with a cache of its own unless `env` names one. */
export async function renderOnly(
  repository: Repository,
  { settings = {}, env, helm: program, fetch }: TestRendering = {},
): Promise<Rendered & { readonly cluster: BuiltCluster }> {
  const renderer = await Renderer.open({
    helm: program ?? (await helm()),
    settings: renderSettings.parse({ charts: CHARTS, ...settings }),
    env: env ?? { XDG_CACHE_HOME: temporaryDirectory("edgefirst-render-cache-") },
    ...(fetch && { fetch }),
  });
  try {
    const [cluster, ...others] = buildRepository(repository).clusters;
    if (cluster === undefined || others.length > 0)
      throw new Error("the repository has not exactly one cluster");
    return { ...(await renderer.render(cluster, repository)), cluster };
  } finally {
    renderer.close();
  }
}

/** The objects of the only release, by `Kind namespace/name`; throws the reason if it was not rendered. */
export async function renderRelease(
  repository: Repository,
  how?: TestRendering,
): Promise<ReadonlyMap<string, Mapping>> {
  const { releases, notRendered } = await renderOnly(repository, how);
  const [objects] = releases.values();
  if (objects === undefined) throw new Error(notRendered[0]?.reason);
  return new Map(objects.map((object) => [idOf(object), object]));
}

/** `Kind namespace/name` */
export function idOf(object: Mapping): string {
  const { namespace, name } = mappingIn(object, "metadata");
  return `${scalarText(object.kind)} ${[namespace, name].map(scalarText).filter(Boolean).join("/")}`;
}
