/** A kind of object: group (empty for the core API), version and kind. */
export interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Group and version of an apiVersion, split the way Kustomize does. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** Whether a kind matches a selector; an empty part matches anything. */
export function isSelected(gvk: Gvk, selector: Partial<Gvk>): boolean {
  return (
    (!selector.group || selector.group === gvk.group) &&
    (!selector.version || selector.version === gvk.version) &&
    (!selector.kind || selector.kind === gvk.kind)
  );
}

/**
 * The kinds in Kustomize's built-in schema (Kubernetes 1.21), by apiVersion. Patches merge lists only for these kinds, and only for these does Kustomize know
 * whether they are namespaced. Source: precomputedIsNamespaceScoped in kyaml/openapi/openapi.go.
 */
const NAMESPACED: Readonly<Record<string, string>> = {
  "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
  "autoscaling/v1": "HorizontalPodAutoscaler Scale",
  "autoscaling/v2beta1": "HorizontalPodAutoscaler",
  "autoscaling/v2beta2": "HorizontalPodAutoscaler",
  "batch/v1": "CronJob Job",
  "batch/v1beta1": "CronJob",
  "coordination.k8s.io/v1": "Lease",
  "coordination.k8s.io/v1beta1": "Lease",
  "discovery.k8s.io/v1": "EndpointSlice",
  "discovery.k8s.io/v1beta1": "EndpointSlice",
  "events.k8s.io/v1": "Event",
  "events.k8s.io/v1beta1": "Event",
  "extensions/v1beta1": "Ingress",
  "networking.k8s.io/v1": "Ingress NetworkPolicy",
  "networking.k8s.io/v1beta1": "Ingress",
  "policy/v1": "PodDisruptionBudget",
  "policy/v1beta1": "PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1": "Role RoleBinding",
  "rbac.authorization.k8s.io/v1beta1": "Role RoleBinding",
  "storage.k8s.io/v1beta1": "CSIStorageCapacity",
  v1:
    "ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service " +
    "ServiceAccount",
};

const CLUSTER_SCOPED: Readonly<Record<string, string>> = {
  "admissionregistration.k8s.io/v1":
    "MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/v1beta1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
  "apiextensions.k8s.io/v1": "CustomResourceDefinition",
  "apiextensions.k8s.io/v1beta1": "CustomResourceDefinition",
  "apiregistration.k8s.io/v1": "APIService",
  "apiregistration.k8s.io/v1beta1": "APIService",
  "certificates.k8s.io/v1": "CertificateSigningRequest",
  "certificates.k8s.io/v1beta1": "CertificateSigningRequest",
  "flowcontrol.apiserver.k8s.io/v1beta1": "FlowSchema PriorityLevelConfiguration",
  "networking.k8s.io/v1": "IngressClass",
  "networking.k8s.io/v1beta1": "IngressClass",
  "node.k8s.io/v1": "RuntimeClass",
  "node.k8s.io/v1beta1": "RuntimeClass",
  "policy/v1beta1": "PodSecurityPolicy",
  "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding",
  "rbac.authorization.k8s.io/v1beta1": "ClusterRole ClusterRoleBinding",
  "scheduling.k8s.io/v1": "PriorityClass",
  "scheduling.k8s.io/v1beta1": "PriorityClass",
  "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment",
  "storage.k8s.io/v1beta1": "CSIDriver CSINode StorageClass VolumeAttachment",
  v1: "ComponentStatus Namespace Node PersistentVolume",
};

/** Namespaced kinds that Kubernetes has added since. */
const NEWER_NAMESPACED = expand({
  "autoscaling/v2": "HorizontalPodAutoscaler",
  "resource.k8s.io/v1": "ResourceClaim ResourceClaimTemplate",
  "storage.k8s.io/v1": "CSIStorageCapacity",
});

const namespaced = expand(NAMESPACED);
const clusterScoped = expand(CLUSTER_SCOPED);

function expand(table: Readonly<Record<string, string>>): ReadonlySet<string> {
  return new Set(
    Object.entries(table).flatMap(([apiVersion, kinds]) =>
      kinds.split(" ").map((kind) => `${apiVersion} ${kind}`),
    ),
  );
}

const key = ({ group, version, kind }: Gvk): string => `${group === "" ? "" : `${group}/`}${version} ${kind}`;

/** Whether a kind is in Kustomize's built-in schema. */
export function hasSchema(gvk: Gvk): boolean {
  return namespaced.has(key(gvk)) || clusterScoped.has(key(gvk));
}

/** Groups of custom resources whose kinds are all namespaced, apart from those in {@link CLUSTER_SCOPED_CUSTOM}. */
const NAMESPACED_GROUPS: ReadonlySet<string> = new Set([
  ...["acme.cert-manager.io", "bitnami.com", "ceph.rook.io", "cert-manager.io", "external-secrets.io"],
  ...["externaldns.k8s.io", "fluxcd.controlplane.io", "gateway.envoyproxy.io", "gateway.networking.k8s.io"],
  ...[
    "generators.external-secrets.io",
    "grafana.integreatly.org",
    "k8s.cni.cncf.io",
    "keda.sh",
    "metallb.io",
  ],
  ...[
    "monitoring.coreos.com",
    "operator.victoriametrics.com",
    "postgresql.cnpg.io",
    "snapshot.storage.k8s.io",
  ],
  ...["traefik.containo.us", "traefik.io", "volsync.backube"],
]);

/** Flux's own groups, such as helm.toolkit.fluxcd.io. */
const FLUX_GROUP = /(?:^|\.)toolkit\.fluxcd\.io$/;

/** Every other cluster-scoped kind of these groups starts with `Cluster`. */
const CLUSTER_SCOPED_CUSTOM = /^Cluster(?=[A-Z])|^GatewayClass$|^VolumeSnapshot(?:Class|Content)$/;

/** Namespaced kinds of groups that also have others. */
const NAMESPACED_CUSTOM: ReadonlySet<string> = new Set([
  ...["CiliumEnvoyConfig", "CiliumLocalRedirectPolicy", "CiliumNetworkPolicy", "CiliumNodeConfig"].map(
    (kind) => `cilium.io/${kind}`,
  ),
]);

/** Whether objects of a kind are known to need a namespace. */
export function isNamespaced(gvk: Gvk): boolean {
  return namespaced.has(key(gvk)) || NEWER_NAMESPACED.has(key(gvk)) || isNamespacedCustom(gvk);
}

function isNamespacedCustom({ group, kind }: Gvk): boolean {
  if (FLUX_GROUP.test(group) || NAMESPACED_CUSTOM.has(`${group}/${kind}`)) return true;
  return NAMESPACED_GROUPS.has(group) && !CLUSTER_SCOPED_CUSTOM.test(kind);
}

/** Whether objects of a kind are known to have no namespace on a cluster; Kustomize sets one on custom resources nevertheless. */
export function hasNoNamespace(gvk: Gvk): boolean {
  return isClusterScoped(gvk) || (NAMESPACED_GROUPS.has(gvk.group) && CLUSTER_SCOPED_CUSTOM.test(gvk.kind));
}

/** Whether Kustomize considers a kind cluster-scoped. Custom resources count as namespaced. */
export function isClusterScoped(gvk: Gvk): boolean {
  return clusterScoped.has(key(gvk));
}
