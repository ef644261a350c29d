import { applyPatch } from "../kustomize/patches.ts";
import { Resource, scalarText } from "../kustomize/resource.ts";
import { Resources } from "../kustomize/resources.ts";
import { BuildError } from "../problem.ts";
import type { Repository } from "../yaml/repository.ts";
import { hasOrigin, isMapping, mappingsIn, originOf, valueAt, type Mapping } from "../yaml/values.ts";
import { fluxInstances, sourceOf, type FluxInstance } from "./flux-instances.ts";
import { pathOf } from "./flux-kustomization.ts";
import type { WrittenObject } from "./written.ts";

/**
 * The Kustomizations that the Flux Operator creates: one for each FluxInstance with `spec.sync`. Those whose namespace the repository gives come
 * first. Source: github.com/controlplaneio-fluxcd/flux-operator, docs/api/v1/fluxinstance.md.
 */
export function bootstrapsIn(
  repository: Repository,
  written: readonly WrittenObject[],
): readonly WrittenObject[] {
  const found = new Map<string, WrittenObject>();
  const instances = fluxInstances(repository, written);
  for (const instance of instances.toSorted(
    (a, b) => Number(b.namespace !== "") - Number(a.namespace !== ""),
  )) {
    const { file } = instance;
    const object = bootstrapOf(instance);
    const key = `${file} ${pathOf(object)}`;
    if (!found.has(key)) found.set(key, { object, file, isBootstrap: true });
  }
  return [...found.values()];
}

/** A Kustomization with the FluxInstance's own patches, which the operator applies to everything that it creates. */
function patched(object: Mapping, settings: Mapping): Mapping {
  const patches = isMapping(settings.kustomize) ? settings.kustomize.patches : undefined;
  const resources = new Resources();
  resources.append(new Resource(object, originOf(object)));
  for (const patch of mappingsIn(patches))
    try {
      applyPatch(resources, hasOrigin(patch) ? patch : (valueAt(patch, originOf(object)) as Mapping));
    } catch (error) {
      // Most patches are for the controllers, which are not built here.
      if (!(error instanceof BuildError)) throw error;
    }
  return resources.all[0]?.object ?? object;
}

/** The Kustomization that the operator creates for an instance. */
export function bootstrapOf(instance: FluxInstance): Mapping {
  const { sync, settings } = instance;
  const { kind, name, namespace } = sourceOf(instance);
  const kustomization = {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace },
    spec: {
      interval: "10m",
      path: scalarText(sync.path),
      prune: true,
      sourceRef: { kind, name, namespace },
    },
  };
  return patched(valueAt(kustomization, instance.origin) as Mapping, settings);
}
