import { meets } from "../../kube/conditions.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { FLUX_NAMESPACE } from "./flux.ts";
import { SOURCE_NAME } from "./overlay.ts";
import { waitUntil } from "./processes.ts";

/** Arguments of {@link reconcileNow}. */
export interface ReconcileArgs {
  readonly kubeconfig: string;
  readonly context: string;
  readonly signal?: AbortSignal | undefined;
}

interface FluxObject extends KubeObject {
  readonly status?: {
    readonly artifact?: { readonly revision: string };
    readonly lastAppliedRevision?: string;
    readonly lastHandledReconcileAt?: string;
  };
}

const TIMEOUT_MS = 90_000;
const SOURCE = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "OCIRepository",
  metadata: { namespace: FLUX_NAMESPACE, name: SOURCE_NAME },
};

/**
 * Makes Flux fetch the sandbox's repository at once, as `flux reconcile source` does. Returns when all Kustomizations in the cluster have
 * applied the fetched revision.
 * @throws EdgefirstError naming what did not finish in time
 */
export async function reconcileNow({ kubeconfig, context, signal }: ReconcileArgs): Promise<void> {
  const cluster = new KubeClient({ kubeconfig, context });
  try {
    const requestedAt = new Date().toISOString();
    const annotations = { "reconcile.fluxcd.io/requestedAt": requestedAt };
    const request = { ...SOURCE, metadata: { ...SOURCE.metadata, annotations } };
    await cluster.apply(request, { fieldManager: "edgefirst-sandbox-reconcile", force: true });
    const revision = await waitUntil(
      `${context} to fetch the repository`,
      async () => {
        const source: FluxObject | undefined = await cluster.get(SOURCE);
        return (
          source?.status?.lastHandledReconcileAt === requestedAt &&
          meets(source, "Ready") &&
          source.status.artifact?.revision
        );
      },
      { timeoutMs: TIMEOUT_MS, signal },
    );
    await waitUntil(
      `the Kustomizations in ${context} to apply ${revision}`,
      async () => {
        const all = await cluster.list("kustomize.toolkit.fluxcd.io/v1", "Kustomization");
        return all.every(
          (one: FluxObject) => one.status?.lastAppliedRevision === revision && meets(one, "Ready"),
        );
      },
      { timeoutMs: TIMEOUT_MS, signal },
    );
  } finally {
    cluster.close();
  }
}
