import { counted } from "../../../../lib/counted.ts";
import type { BuiltCluster, BuiltKustomization } from "../../../gitops/flux/built.ts";
import { clusterOf } from "../../clusters.ts";
import { fieldAt, idOf, type WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { referencesOf } from "../namespace/references.ts";
import { repositoryOf } from "./artifact.ts";

/**
 * Kustomizations that wait for everything they apply, and so from now on for the registries of shared OCIRepositories. A HelmRepository of type `oci` has no
 * status to wait for. Source: `spec.wait` in https://fluxcd.io/flux/components/kustomize/kustomizations/ and "Helm OCI repository" in
 * https://fluxcd.io/flux/components/source/helmrepositories/
 */
export function waiting(releases: readonly WrittenObject[], context: StepContext): readonly Note[] {
  if (!context.options.oci.shared) return [];
  const places = releases.flatMap(({ forms }) =>
    forms.flatMap((form) => {
      const home = repositoryOf(form, context);
      const { kustomization } = home ?? {};
      const isNew = fieldAt(home?.object, ["spec", "type"]) === "oci" && form.kustomization !== kustomization;
      const waits = fieldAt(kustomization?.object, ["spec", "wait"]) === true;
      return kustomization && isNew && waits ? [{ kustomization, form }] : [];
    }),
  );
  return [...Map.groupBy(places, ({ kustomization }) => kustomization)].map(([kustomization, own]) => {
    const [first] = own;
    const cluster = first && clusterOf(first.form, context.clusters);
    const dependents = cluster ? dependentsOf(kustomization, cluster) : [];
    const others =
      dependents.length > 0 ? `, and neither are those that depend on it: ${dependents.join(", ")}` : "";
    return {
      kind: "runbook",
      message: `Kustomization ${idOf(kustomization.object)} waits for what it applies (spec.wait), from now on also for the charts of ${counted(own.length, "release")}: while one of their registries cannot be reached, it is not Ready${others}. A HelmRepository of type oci has no status, so nothing waited for it`,
    };
  });
}

function dependentsOf(
  kustomization: BuiltKustomization,
  { kustomizations }: BuiltCluster,
): readonly string[] {
  const id = idOf(kustomization.object);
  return kustomizations
    .filter(({ object }) =>
      referencesOf(object).some(
        ({ use, namespace, name }) => use === "dependsOn" && `${namespace}/${name}` === id,
      ),
    )
    .map(({ object }) => idOf(object));
}
