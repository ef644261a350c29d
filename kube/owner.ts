import { STACK_LABEL, type KubeObject } from "./objects.ts";

/** The owner of a live object. */
export interface Owner {
  readonly name: string;
  /** How to hand the object over. */
  readonly handOver: string;
}

/**
 * Flux labels what it applies: kustomize-controller and helm-controller each set `<group>/name` and `<group>/namespace`
 * (https://fluxcd.io/flux/components/kustomize/kustomizations/#inventory). Helm sets the annotations `meta.helm.sh/release-*`.
 */
export function ownerOf({ metadata }: KubeObject): Owner {
  const label = (key: string): string | undefined => metadata.labels?.[key];
  const annotation = (key: string): string | undefined => metadata.annotations?.[key];
  const kustomization = label("kustomize.toolkit.fluxcd.io/name");
  if (kustomization !== undefined)
    return {
      name: `Flux (Kustomization ${label("kustomize.toolkit.fluxcd.io/namespace") ?? ""}/${kustomization})`,
      handOver:
        "Leave it to Flux and turn off this part of the configuration, or hand it over: annotate it with kustomize.toolkit.fluxcd.io/prune: disabled in the repository, wait until the annotation is live, then remove the object from the repository.",
    };
  const helmRelease = label("helm.toolkit.fluxcd.io/name");
  if (helmRelease !== undefined)
    return {
      name: `Flux (HelmRelease ${label("helm.toolkit.fluxcd.io/namespace") ?? ""}/${helmRelease})`,
      handOver:
        "Leave it to the HelmRelease and turn off this part of the configuration (install: false), or uninstall the release first.",
    };
  const release = annotation("meta.helm.sh/release-name");
  if (release !== undefined)
    return {
      name: `Helm (release ${annotation("meta.helm.sh/release-namespace") ?? ""}/${release})`,
      handOver: "Turn off this part of the configuration (install: false), or uninstall the release first.",
    };
  const other = label(STACK_LABEL);
  if (other !== undefined)
    return {
      name: `the edgefirst stack ${other}`,
      handOver:
        "Check that edgefirst:cluster.context names the right cluster, and declare the object in one stack only.",
    };
  const managers = new Set(
    (metadata.managedFields as { manager?: string }[] | undefined)?.map(
      (entry) => entry.manager ?? "unknown",
    ),
  );
  return {
    name: `another owner (field managers: ${[...managers].join(", ") || "unknown"})`,
    handOver: "Find the owner and remove the object there, or choose another name here.",
  };
}
