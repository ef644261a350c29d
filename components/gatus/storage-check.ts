import type { ClusterReader, Finding } from "../../kube/client.ts";
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
  if (storage.type === "postgres") return checkSecret(storage, namespace, cluster);
  return storage.type === "sqlite" ? checkClass(storage, namespace, cluster) : [];
}

async function checkSecret(
  { secret, key }: Extract<GatusStorage, { type: "postgres" }>,
  namespace: string,
  cluster: ClusterReader,
): Promise<Finding[]> {
  const metadata = { name: secret, namespace };
  const live = await cluster.get({ apiVersion: "v1", kind: "Secret", metadata });
  const data = (live?.data ?? {}) as Readonly<Record<string, string>>;
  if (live !== undefined && key in data) return [];
  const problem = live === undefined ? "does not exist" : `has no key ${key}`;
  return [
    {
      severity: "warning",
      message: `Secret ${namespace}/${secret}, with the URL of Gatus's database, ${problem} on ${cluster.context}: Gatus would not start.`,
      hint: `First create the Secret with this key: kubectl --context ${cluster.context} --namespace ${namespace} create secret generic ${secret} --from-literal ${key}=postgres://…`,
    },
  ];
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
