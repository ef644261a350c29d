import type { ApiServer } from "../../kube/api-server.ts";
import { AGENT_GROUP } from "./pki.ts";

const FIELD_MANAGER = "edgefirst-sandbox";

/** The provisioner that the agent implements. */
export const PROVISIONER = "edgefirst.dev/sandbox";

const rule = (apiGroup: string, resources: string[], verbs: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});

/** The objects in a new sandbox cluster, keyed by the path of their collection. */
const OBJECTS = [
  {
    path: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: AGENT_GROUP },
      rules: [
        rule("", ["services", "persistentvolumeclaims"], ["list", "watch"]),
        rule("", ["services/status"], ["patch"]),
        rule("", ["persistentvolumes"], ["list", "watch", "create", "delete"]),
        rule("storage.k8s.io", ["storageclasses"], ["get"]),
        rule("", ["secrets"], ["create"]),
        rule("discovery.k8s.io", ["endpointslices"], ["list", "watch"]),
        rule("networking.k8s.io", ["ingresses"], ["list", "watch"]),
        rule("gateway.networking.k8s.io", ["gateways", "httproutes"], ["list", "watch"]),
      ],
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: AGENT_GROUP },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: AGENT_GROUP },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: AGENT_GROUP }],
    },
  },
  {
    path: "/apis/storage.k8s.io/v1/storageclasses",
    object: {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "sandbox", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: PROVISIONER,
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
    },
  },
];

/** Applies the objects of a new sandbox cluster: the agent's permissions and the default StorageClass. */
export async function bootstrap(api: ApiServer): Promise<void> {
  for (const { path, object } of OBJECTS) {
    await api.call("PATCH", `${path}/${object.metadata.name}?fieldManager=${FIELD_MANAGER}&force=true`, {
      body: object,
      contentType: "application/apply-patch+yaml",
    });
  }
}
