import { applyPatch } from "../kustomize/patches.ts";
import { Resource, scalarText } from "../kustomize/resource.ts";
import { Resources } from "../kustomize/resources.ts";
import { BuildError } from "../problem.ts";
import type { Repository } from "../yaml/repository.ts";
import { originOf, isMapping, valueAt, type Mapping } from "../yaml/values.ts";
import { specOf } from "./flux-kustomization.ts";
import { documentsWith, isTemplate, type WrittenObject } from "./written.ts";

const OPERATOR = "fluxcd.controlplane.io/";

/**
 * The Kustomizations that the Flux Operator creates: one for each FluxInstance with `spec.sync`. The FluxInstance may also be given as values for its Helm chart,
 * in a HelmRelease or in a values file. Source: github.com/controlplaneio-fluxcd/flux-operator, docs/api/v1/fluxinstance.md.
 */
export function bootstrapsIn(repository: Repository, files: readonly string[]): readonly WrittenObject[] {
  const found = new Map<string, WrittenObject>();
  for (const { object, file } of documentsWith(repository, files, "sync:")) {
    const bootstrap = bootstrapOf(object);
    if (bootstrap === undefined || isTemplate(bootstrap)) continue;
    const key = `${file} ${scalarText(specOf(bootstrap).path)}`;
    if (!found.has(key)) found.set(key, { object: bootstrap, file, isBootstrap: true });
  }
  return [...found.values()];
}

function bootstrapOf(document: Mapping): Mapping | undefined {
  const isInstance = document.kind === "FluxInstance" && scalarText(document.apiVersion).startsWith(OPERATOR);
  const values = document.kind === "HelmRelease" ? specOf(document).values : document;
  const settings = isInstance ? specOf(document) : isMapping(values) ? values.instance : undefined;
  const sync = isMapping(settings) ? settings.sync : undefined;
  if (!isMapping(settings) || !isMapping(sync) || scalarText(sync.path) === "") return undefined;
  const { namespace } = isMapping(document.metadata) ? document.metadata : {};
  const own = isInstance || document.kind === "HelmRelease" ? scalarText(namespace) : "";
  return patched(kustomization(own || "flux-system", scalarText(sync.name), sync), settings);
}

/** A Kustomization with the FluxInstance's own patches, which the operator applies to everything that it creates. */
function patched(object: Mapping, settings: Mapping): Mapping {
  const patches = isMapping(settings.kustomize) ? settings.kustomize.patches : undefined;
  const resources = new Resources();
  resources.append(new Resource(object, originOf(object)));
  for (const patch of Array.isArray(patches) ? patches.filter(isMapping) : [])
    try {
      applyPatch(resources, patch);
    } catch (error) {
      // Most patches are for the controllers, which are not built here.
      if (!(error instanceof BuildError)) throw error;
    }
  return resources.all[0]?.object ?? object;
}

/** The name defaults to the namespace. */
function kustomization(namespace: string, name: string, sync: Mapping): Mapping {
  const sourceRef = { kind: scalarText(sync.kind) || "GitRepository", name: name || namespace, namespace };
  return valueAt(
    {
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name: name || namespace, namespace },
      spec: { interval: "10m", path: scalarText(sync.path), prune: true, sourceRef },
    },
    originOf(sync),
  ) as Mapping;
}
