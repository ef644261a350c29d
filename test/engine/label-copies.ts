import type { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { waitUntil } from "../../tools/sandbox/wait.ts";

const WAIT = { timeoutMs: 30_000 };
/** Objects of programs that copy the labels of a pod, and of the field manager that each of them has. */
export const COPIES = [
  { group: "cilium.io", version: "v2", kind: "CiliumEndpoint", manager: "cilium-agent" },
  { group: "wgpolicyk8s.io", version: "v1alpha2", kind: "PolicyReport", manager: "reports-controller" },
  { group: "velero.io", version: "v1", kind: "PodVolumeBackup", manager: "velero-server" },
];

/** Creates an object with a pod's labels, as the program with this field manager does; first its definition. */
export async function createCopy(
  cluster: KubeClient,
  { group, version, kind, manager }: (typeof COPIES)[number],
  pod: KubeObject,
): Promise<void> {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
  await cluster.apply(definition, { fieldManager: manager });
  const apiVersion = `${group}/${version}`;
  await waitUntil(`${kind} to be served`, () => cluster.serves(apiVersion, kind), WAIT);
  const { name, namespace = "", labels = {} } = pod.metadata;
  const owner = { apiVersion: "v1", kind: "Pod", name, uid: pod.metadata.uid };
  const metadata = { name, namespace, labels, ownerReferences: [owner] };
  await cluster.apply({ apiVersion, kind, metadata }, { fieldManager: manager });
}
