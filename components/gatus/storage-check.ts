import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { GatusStorage } from "./config.ts";
import { GATUS_NAME } from "./deployment.ts";

const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

/** Reports storage without which Gatus' pod would not start. Only warnings: Flux may create the Secret, or the class, meanwhile. */
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
      message: `Secret ${namespace}/${secret}, with Gatus' database URL, ${problem} on ${cluster.context}: Gatus would not start.`,
      hint: `Create it first: kubectl --context ${cluster.context} --namespace ${namespace} create secret generic ${secret} --from-literal ${key}=postgres://…`,
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
  // The class of a claim never changes.
  if (claim !== undefined) return [];
  const classes = await cluster.list("storage.k8s.io/v1", "StorageClass");
  const names = classes.map((each) => each.metadata.name).join(", ") || "none";
  const warn = (message: string, hint: string): Finding[] => [{ severity: "warning", message, hint }];
  if (storageClass !== undefined)
    return classes.some((each) => each.metadata.name === storageClass)
      ? []
      : warn(
          `StorageClass ${storageClass} does not exist on ${cluster.context} (classes: ${names}): Gatus' claim would stay pending.`,
          "Set gatus.storage.storageClass to one of them.",
        );
  return classes.some((each) => each.metadata.annotations?.[DEFAULT_CLASS] === "true")
    ? []
    : warn(
        `The cluster ${cluster.context} has no default StorageClass (classes: ${names}): Gatus' claim would stay pending.`,
        "Set gatus.storage.storageClass, or mark a class as the default.",
      );
}
