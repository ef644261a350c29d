import { join } from "node:path";
import { ApiError } from "../../../kube/api-error.ts";
import type { ApiServer } from "../../../kube/api-server.ts";
import { PROVISIONER } from "../bootstrap.ts";
import { follow } from "./follow.ts";
import { type AgentContext } from "./pods.ts";

interface Claim {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeName?: string;
  };
}

interface Volume {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly persistentVolumeReclaimPolicy: string };
  readonly status: { readonly phase?: string };
}

const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

/**
 * The provisioner for the StorageClass `sandbox`. As for any external provisioner, the volume controller annotates claims with the
 * provisioner's name, binds the volumes that the provisioner creates, and leaves it to the provisioner to delete released ones. Volumes are empty folders.
 */
export function serveVolumes({ api, log }: AgentContext, folder: string): void {
  const claims = follow<Claim>({
    api,
    log,
    path: "/api/v1/persistentvolumeclaims",
    reconcile: async (key) => {
      const claim = claims.items.get(key);
      const provisioner = claim?.metadata.annotations?.["volume.kubernetes.io/storage-provisioner"];
      if (claim === undefined || provisioner !== PROVISIONER) return;
      if (claim.spec.volumeName !== undefined || claim.metadata.deletionTimestamp !== undefined) return;
      await provision(api, claim, folder);
    },
  });
  const volumes = follow<Volume>({
    api,
    log,
    path: "/api/v1/persistentvolumes",
    reconcile: async (key) => {
      const volume = volumes.items.get(key);
      if (volume?.metadata.annotations?.[PROVISIONED_BY] !== PROVISIONER) return;
      if (volume.metadata.deletionTimestamp !== undefined || volume.status.phase !== "Released") return;
      if (volume.spec.persistentVolumeReclaimPolicy !== "Delete") return;
      await api.call("DELETE", `/api/v1/persistentvolumes/${volume.metadata.name}`);
    },
  });
}

async function provision(api: ApiServer, claim: Claim, folder: string): Promise<void> {
  const { name, namespace, uid } = claim.metadata;
  const storageClass = await api.call<{ reclaimPolicy?: string }>(
    "GET",
    `/apis/storage.k8s.io/v1/storageclasses/${claim.spec.storageClassName ?? ""}`,
  );
  const volume = `pvc-${uid}`;
  const body = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volume, annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: claim.spec.resources.requests,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
      hostPath: { path: join(folder, volume) },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
      storageClassName: claim.spec.storageClassName,
      volumeMode: claim.spec.volumeMode,
    },
  };
  try {
    await api.call("POST", "/api/v1/persistentvolumes", { body });
  } catch (error) {
    // The volume exists already; the watch has not reported yet that the claim is bound.
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
}
