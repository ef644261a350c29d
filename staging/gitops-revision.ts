import type { ClusterReader } from "../kube/client.ts";
import { statusOf } from "../kube/objects.ts";
import type { GitopsRevision } from "./evidence.ts";

/** The Flux objects through which the cluster follows the GitOps repository. */
export interface Repository {
  readonly root: { readonly name: string; readonly namespace: string };
  readonly source: {
    readonly kind: "GitRepository" | "OCIRepository";
    readonly name: string;
    readonly namespace: string;
  };
}

/**
 * The revision that the root Kustomization applied last; null if the stack follows no repository, if no revision has been applied, or if the cluster cannot be
 * reached.
 */
export async function gitopsRevision(
  cluster: ClusterReader,
  repository: Repository | undefined,
): Promise<GitopsRevision | null> {
  if (repository === undefined) return null;
  const { root, source } = repository;
  const read = async (apiVersion: string, kind: string, metadata: { name: string; namespace: string }) =>
    cluster.get({ apiVersion, kind, metadata }).catch(() => undefined);
  const kustomization = await read("kustomize.toolkit.fluxcd.io/v1", "Kustomization", root);
  const live = await read("source.toolkit.fluxcd.io/v1", source.kind, source);
  const { lastAppliedRevision: revision } = statusOf(kustomization) as { lastAppliedRevision?: string };
  const { url } = (live?.spec ?? {}) as { url?: string };
  return revision === undefined || url === undefined ? null : { kind: source.kind, url, revision };
}
