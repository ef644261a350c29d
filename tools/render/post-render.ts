import { kustomizeBuild } from "../gitops/kustomize/kustomize.ts";
import { readKustomizationFile } from "../gitops/kustomize/kustomization-file.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import { BuildError } from "../gitops/problem.ts";
import { Repository } from "../gitops/yaml/repository.ts";
import { startOf } from "../gitops/yaml/source.ts";
import { isMapping, mappingsIn, type Mapping } from "../gitops/yaml/values.ts";
import type { Manifests } from "./manifests.ts";
import { mappingIn } from "./release.ts";
import { NotRenderable } from "./rendered.ts";
import { plain } from "./values.ts";

/**
 * The objects of a release after helm-controller's post-renderers: `spec.postRenderers`, `spec.commonMetadata`, and the labels that name the release.
 * Source: BuildPostRenderers in helm-controller's internal/postrender. Helm sends templates and hooks through them together, unless
 * `spec.postRenderStrategy` separates them.
 * @param empty an empty directory
 * @throws NotRenderable if a post-renderer fails
 */
export function postRendered(release: Mapping, manifests: Manifests, empty: string): readonly Mapping[] {
  const spec = mappingIn(release, "spec");
  const { crds, templates, hooks } = manifests;
  const render = (objects: readonly Mapping[]): readonly Mapping[] =>
    mappingsIn(spec.postRenderers).reduce<readonly Mapping[]>(
      (rendered, { kustomize }) => (isMapping(kustomize) ? kustomized(rendered, kustomize, empty) : rendered),
      objects,
    );
  const strategy = scalarText(spec.postRenderStrategy);
  const common = mappingIn(spec, "commonMetadata");
  const all = (objects: readonly Mapping[]): readonly Mapping[] =>
    render(objects).map((object) => withOrigin(withMetadata(object, common), release));
  const marked = crds.map((object) => withOrigin(object, release));
  if (strategy === "nohooks") return [...marked, ...all(templates), ...hooks];
  if (strategy === "separate") return [...marked, ...all(templates), ...all(hooks)];
  return [...marked, ...all([...templates, ...hooks])];
}

function kustomized(objects: readonly Mapping[], settings: Mapping, empty: string): readonly Mapping[] {
  if (objects.length === 0) return objects;
  const { patches, images } = plain(settings);
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: ["objects.yaml"],
    ...(patches !== undefined && { patches }),
    ...(images !== undefined && { images }),
  };
  // JSON is YAML, one document per line of dashes.
  const files = new Map([
    ["kustomization.yaml", JSON.stringify(kustomization)],
    ["objects.yaml", objects.map((object) => JSON.stringify(object)).join("\n---\n")],
  ]);
  const repository = new Repository(empty).with(files);
  try {
    const file = readKustomizationFile(repository, ".", startOf(""));
    return kustomizeBuild(file, repository).map(({ object }) => object);
  } catch (error) {
    if (error instanceof BuildError) throw new NotRenderable(`its post-renderer fails: ${error.message}`);
    throw error;
  }
}

function withMetadata(object: Mapping, { labels, annotations }: Mapping): Mapping {
  const metadata = mappingIn(object, "metadata");
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(isMapping(labels) && { labels: { ...mappingIn(metadata, "labels"), ...labels } }),
      ...(isMapping(annotations) && {
        annotations: { ...mappingIn(metadata, "annotations"), ...annotations },
      }),
    },
  };
}

/** Source: originLabels in helm-controller's internal/postrender. */
function withOrigin(object: Mapping, release: Mapping): Mapping {
  const { name, namespace } = mappingIn(release, "metadata");
  const group = "helm.toolkit.fluxcd.io";
  const labels = { [`${group}/name`]: scalarText(name), [`${group}/namespace`]: scalarText(namespace) };
  return withMetadata(object, { labels });
}
