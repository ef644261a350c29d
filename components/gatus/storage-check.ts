import type { ClusterReader, Finding } from "../../kube/client.ts";
import { readExistingSecret } from "../shared/existing-secret.ts";
import type { GatusStorage } from "./config.ts";
import { GATUS_NAME } from "./deployment.ts";

const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

/**
 * Reports missing storage, without which Gatus would not start. The findings are only warnings, since Flux may create the Secret or the class in the meantime.
 */
export async function checkStorage(
  storage: GatusStorage,
  namespace: string,
  cluster: ClusterReader,
): Promise<Finding[]> {
  if (storage.type === "postgres") {
    const secret = {
      name: storage.secret,
      namespace,
      keys: { [storage.key]: "postgres://…" },
      content: "the URL of Gatus's database",
      consequence: "Gatus would not start",
    };
    return [...(await readExistingSecret(secret, cluster)).findings];
  }
  return storage.type === "sqlite" ? checkClass(storage, namespace, cluster) : [];
}

async function checkClass(
  { storageClass }: Extract<GatusStorage, { type: "sqlite" }>,
  namespace: string,
  cluster: ClusterReader,
): Promise<Finding[]> {
  const metadata = { name: GATUS_NAME, namespace };
  const claim = await cluster.get({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata });
  // The storage class of an existing claim cannot change.
  if (claim !== undefined) return [];
  const classes = await cluster.list("storage.k8s.io/v1", "StorageClass");
  const names = classes.map((each) => each.metadata.name).join(", ") || "none";
  const warn = (message: string, hint: string): Finding[] => [{ severity: "warning", message, hint }];
  if (storageClass !== undefined)
    return classes.some((each) => each.metadata.name === storageClass)
      ? []
      : warn(
          `StorageClass ${storageClass} does not exist on ${cluster.context} (classes: ${names}): Gatus's claim would stay pending.`,
          "Set gatus.storage.storageClass to an existing class.",
        );
  return classes.some((each) => each.metadata.annotations?.[DEFAULT_CLASS] === "true")
    ? []
    : warn(
        `The cluster ${cluster.context} has no default StorageClass (classes: ${names}): Gatus's claim would stay pending.`,
        "Set gatus.storage.storageClass, or mark a StorageClass as the default.",
      );
}
