import { setTimeout } from "node:timers/promises";
import type { KubeClient } from "../../kube/kube-client.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { REQUESTED_AT } from "../../staging/flux-requests.ts";

const API = "kustomize.toolkit.fluxcd.io/v1";
const POLL_MS = 200;

/** Applies a Kustomization in the namespace default, with a status as its controller would write it. */
export async function reportKustomization(
  cluster: KubeClient,
  status: "True" | "False",
  name = "app",
): Promise<void> {
  const metadata = { name, namespace: "default" };
  const spec = { interval: "10m", path: "./", prune: true, sourceRef: { kind: "GitRepository", name: "r" } };
  await cluster.apply(
    { apiVersion: API, kind: "Kustomization", metadata, spec },
    { fieldManager: "test", force: true },
  );
  const condition = {
    type: "Ready",
    status,
    reason: "Test",
    message: "reported by the test",
    lastTransitionTime: new Date().toISOString(),
  };
  await cluster.call("PATCH", `/apis/${API}/namespaces/default/kustomizations/${name}/status`, {
    body: { status: { conditions: [condition] } },
    contentType: "application/merge-patch+json",
  });
}

/**
 * Answers requests to reconcile Kustomizations as kustomize-controller does, for tests that write the rest of the status.
 * @param answers whether to answer at this moment
 * @returns stops it
 */
export function answerRequests(
  cluster: KubeClient,
  answers: () => boolean = () => true,
): () => Promise<void> {
  const stop = new AbortController();
  const answer = async (): Promise<void> => {
    for (const { metadata, status } of await cluster.list(API, "Kustomization")) {
      const requested = metadata.annotations?.[REQUESTED_AT];
      const { lastHandledReconcileAt } = (status ?? {}) as { lastHandledReconcileAt?: string };
      if (requested === undefined || requested === lastHandledReconcileAt) continue;
      const path = `/apis/${API}/namespaces/${metadata.namespace ?? ""}/kustomizations/${metadata.name}/status`;
      await cluster.call("PATCH", path, {
        body: { status: { lastHandledReconcileAt: requested } },
        contentType: "application/merge-patch+json",
      });
    }
  };
  const ended = (async () => {
    while (!stop.signal.aborted) {
      // Some tests stop the API server, or delete the object in between.
      if (answers())
        await answer().catch((error: unknown) => {
          if (!(error instanceof EdgefirstError)) throw error;
        });
      await setTimeout(POLL_MS);
    }
  })();
  return () => {
    stop.abort();
    return ended;
  };
}
