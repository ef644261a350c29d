import { conditionOf } from "../../../kube/conditions.ts";
import type { ClusterReader } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/objects.ts";

/** The fields of a live Flux Kustomization that a check reads. */
export interface LiveKustomization extends KubeObject {
  readonly metadata: KubeObject["metadata"] & { readonly namespace: string; readonly generation?: number };
  readonly spec: { readonly suspend?: boolean; readonly prune?: boolean; readonly deletionPolicy?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly inventory?: { readonly entries?: readonly { readonly id: string; readonly v: string }[] };
  };
}

/** Every live Flux Kustomization, by `namespace/name`. */
export async function liveKustomizations(
  cluster: ClusterReader,
): Promise<ReadonlyMap<string, LiveKustomization>> {
  const all = (await cluster.list(
    "kustomize.toolkit.fluxcd.io/v1",
    "Kustomization",
  )) as unknown as readonly LiveKustomization[];
  return new Map(all.map((live) => [`${live.metadata.namespace}/${live.metadata.name}`, live]));
}

/** Why deleting a Kustomization could delete what it applied; undefined if it is guarded. */
export function whyNotGuarded({ spec, metadata, status }: LiveKustomization): string | undefined {
  if (spec.deletionPolicy !== "Orphan") return "is not guarded: spec.deletionPolicy is not Orphan";
  return whyNotObserved({ spec, metadata, status: status ?? {} });
}

/** Why the controller has not observed the current version of a Kustomization; undefined if it has. */
export function whyNotObserved({
  spec,
  metadata,
  status,
}: Pick<LiveKustomization, "spec" | "metadata" | "status">): string | undefined {
  // The controller skips a suspended Kustomization; its copy in the target namespace would not be suspended.
  if (spec.suspend === true) return "is suspended: resume it, or exclude it from the move";
  const { generation } = metadata;
  const seen = status?.observedGeneration;
  if (seen === generation) return undefined;
  return `has not been reconciled since its last change (generation ${generation ?? "unknown"}, observed ${seen ?? "none"})`;
}

/** Why a Kustomization is not ready. */
export function whyNotReady(kustomization: LiveKustomization): string | undefined {
  const ready = conditionOf(kustomization, "Ready");
  if (ready?.status === "True") return undefined;
  return `is not ready: ${ready?.message ?? "it has no Ready condition"}`;
}
