import assert from "node:assert/strict";
import { join } from "node:path";
import type { ObjectReference } from "../../kube/client.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { startFlux } from "../../tools/sandbox/flux.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { pushDirectory, type Registry, startRegistry } from "../../tools/sandbox/registry.ts";
import type { Sandbox } from "../../tools/sandbox/sandbox.ts";

/** Long enough for the controllers to start and reconcile once on a busy machine. */
export const FLUX_TIMEOUT_MS = 120_000;

/** The GitOps repository of the tests: two namespaces, each with a namespace transformer, and children of every kind. */
export const FIXTURE = join(import.meta.dirname, "../fixtures/gitops");

/** A cluster of a sandbox with real Flux controllers and the fixture in a registry. */
export interface FluxCluster {
  readonly client: KubeClient;
  /** Address of the fixture, for an OCIRepository with `insecure: true` and tag `v1`. */
  readonly url: string;
  readonly registry: Registry;
}

/** Starts the registry and the controllers (helm-controller on request) for a cluster, and pushes the fixture. */
export async function startFluxCluster(
  sandbox: Sandbox,
  cluster: string,
  controllers: { readonly helm?: true } = {},
): Promise<FluxCluster> {
  const progress = (): void => undefined;
  const { dir, kubeconfig } = sandbox;
  const registry = await startRegistry({ dir, progress });
  await startFlux({ dir, cluster, kubeconfig, context: cluster, ...controllers, progress });
  const client = new KubeClient({ kubeconfig, context: cluster });
  await applyObjects(client, [ALERT_CRD]);
  await becomes(client, ALERT_CRD, "served", (crd) => condition(crd, "Established") === "True");
  return { client, registry, url: await pushDirectory(registry, "fixture", "v1", FIXTURE) };
}

/** notification-controller's module is not available. The fixture has an object of its kind, which is namespaced and must not move. */
const ALERT_CRD: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "alerts.notification.toolkit.fluxcd.io" },
  spec: {
    group: "notification.toolkit.fluxcd.io",
    names: { kind: "Alert", plural: "alerts", singular: "alert", listKind: "AlertList" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1beta3",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

const SETTINGS = "./kubernetes/test/flux/vars";
export const OPT_OUT = "substitution.flux.home.arpa/disabled";

/** The section `flux` of a stack that follows the fixture, with every default spelt out, so that it also serves as component args. */
export function fixtureConfig(url: string, rootName = "cluster-apps") {
  return {
    source: {
      kind: "OCIRepository",
      name: "fixture",
      namespace: "flux-system",
      url,
      ref: { tag: "v1" },
      interval: "1h",
      insecure: true,
    },
    root: {
      mode: "manage",
      name: rootName,
      namespace: "flux-system",
      path: "./kubernetes/test/apps",
      interval: "1h",
      retryInterval: "2s",
      prune: true,
      wait: false,
      decryptionSecret: null,
      substituteFrom: [{ kind: "ConfigMap", name: "cluster-settings" }],
      settingsPath: SETTINGS,
      optOutLabel: OPT_OUT,
      children: { retryInterval: "2s", timeout: "1m" },
      helmReleases: { retries: 3, crds: "CreateReplace", driftDetection: "warn" },
    },
    apps: {
      placement: "namespace",
      namespace: "flux-apps",
      settingsPath: SETTINGS,
      rbac: "controller",
      tenantNamespaces: [],
    },
  } as const;
}

/** The bound claim of a grandchild of the root, for {@link assertClaimSurvived}. */
export async function grandchildsClaim(client: KubeClient): Promise<KubeObject> {
  await isReady(client, kustomization("media", "player-data"));
  return becomes(client, claimNamed("player"), "bound", isBound);
}

/** Fails unless the live claim is the same one and not being deleted. */
export async function assertClaimSurvived(client: KubeClient, before: KubeObject): Promise<void> {
  const after = await client.get(claimNamed("player"));
  assert.equal(after?.metadata.uid, before.metadata.uid, "the claim is another one, or gone");
  assert.equal(after?.metadata.deletionTimestamp, undefined, "the claim is being deleted");
}

/** A claim of one of the fixture's apps. */
export const claimNamed = (name: string): ObjectReference => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { namespace: "media", name },
});

/** Whether a claim has its volume. */
export const isBound = ({ status }: KubeObject): boolean => (status as { phase?: string }).phase === "Bound";

/** Applies objects in order, server side, as with kubectl. */
export async function applyObjects(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) await client.apply(object, { fieldManager: "test", force: true });
}

/** Deletes an object and returns once it is gone, after its finalizers. */
export async function deleteObject(client: KubeClient, object: ObjectReference): Promise<void> {
  await client.delete(object);
  await waitUntil(
    `${object.kind} ${object.metadata.name} to be gone`,
    async () => (await client.get(object)) === undefined,
    { timeoutMs: FLUX_TIMEOUT_MS },
  );
}

/** The live object, once the check holds. If the wait times out, the error shows the object's last state. */
export async function becomes(
  client: KubeClient,
  object: ObjectReference,
  what: string,
  check: (live: KubeObject) => boolean,
): Promise<KubeObject> {
  let seen: KubeObject | undefined;
  try {
    return await waitUntil(
      what,
      async () => {
        seen = await client.get(object);
        return seen !== undefined && check(seen) ? seen : undefined;
      },
      { timeoutMs: FLUX_TIMEOUT_MS },
    );
  } catch (cause) {
    const { kind, metadata } = object;
    const state = JSON.stringify(seen?.status ?? seen ?? "absent", undefined, 2);
    throw new Error(`${kind} ${metadata.namespace ?? ""}/${metadata.name} did not become ${what}: ${state}`, {
      cause,
    });
  }
}

/** A reference to a Flux Kustomization. */
export function kustomization(namespace: string, name: string): ObjectReference {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace, name },
  };
}

/** Waits until a Flux object is Ready at its current generation. */
export function isReady(client: KubeClient, object: ObjectReference): Promise<KubeObject> {
  return becomes(client, object, "ready", (live) => {
    const { observedGeneration } = live.status as { observedGeneration?: number };
    return observedGeneration === live.metadata.generation && condition(live, "Ready") === "True";
  });
}

/** The status of a condition. */
export function condition(live: KubeObject, type: string): string | undefined {
  const { conditions } = (live.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions?.find((entry) => entry.type === type)?.status;
}
