import type { KubeObject } from "../../kube/objects.ts";
import { TENANT, type FluxPlacementArgs } from "./placement.ts";

const GROUP = "rbac.authorization.k8s.io";

/** A ClusterRole with this label adds its rules to the permissions of tenants. */
const AGGREGATE = "edgefirst.dev/aggregate-to-tenant";

const WRITE = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/**
 * Permissions for kinds that apps in a GitOps repository use and that the role `admin` does not cover: those of the Gateway API (which has no aggregated
 * roles), of Flux (whose roles extend `admin` and `edit` only if `flux install` created them) and of the Prometheus operator.
 */
const APP_RULES = [
  {
    apiGroups: ["helm.toolkit.fluxcd.io"],
    resources: ["helmreleases"],
    verbs: WRITE,
  },
  {
    apiGroups: ["source.toolkit.fluxcd.io"],
    resources: ["buckets", "gitrepositories", "helmcharts", "helmrepositories", "ocirepositories"],
    verbs: WRITE,
  },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: ["backendtlspolicies", "grpcroutes", "httproutes", "referencegrants"],
    verbs: WRITE,
  },
  {
    apiGroups: ["monitoring.coreos.com"],
    resources: ["podmonitors", "probes", "prometheusrules", "scrapeconfigs", "servicemonitors"],
    verbs: WRITE,
  },
];

/**
 * The objects for strict mode. HelmReleases use a ServiceAccount in their tenant namespace, and children use one in theirs. All of them have permissions only
 * in the tenant namespaces: the Kubernetes role `admin`, including what operators aggregate to it, and {@link APP_RULES}. Unlike with `flux create tenant`,
 * which binds `cluster-admin`, tenants cannot change their Namespace object, quotas or anything outside their namespaces. A ClusterRole labelled
 * `edgefirst.dev/aggregate-to-tenant: "true"` grants more.
 */
export function tenantObjects(args: FluxPlacementArgs): KubeObject[] {
  if (args.rbac === "controller") return [];
  const { tenantNamespaces } = args;
  const shared = args.placement === "namespace" ? [args.namespace] : [];
  return [
    aggregatedRole(),
    appRole(),
    ...[...new Set([...shared, ...tenantNamespaces])].map(serviceAccount),
    ...tenantNamespaces.map((namespace) => roleBinding(namespace, [...new Set([...shared, namespace])])),
  ];
}

function aggregatedRole(): KubeObject {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: "ClusterRole",
    metadata: { name: TENANT },
    aggregationRule: {
      clusterRoleSelectors: [
        { matchLabels: { [`${GROUP}/aggregate-to-admin`]: "true" } },
        { matchLabels: { [AGGREGATE]: "true" } },
      ],
    },
  };
}

function appRole(): KubeObject {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: "ClusterRole",
    metadata: { name: `${TENANT}-apps`, labels: { [AGGREGATE]: "true" } },
    rules: APP_RULES,
  };
}

function serviceAccount(namespace: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: TENANT, namespace },
  };
}

function roleBinding(namespace: string, subjects: readonly string[]): KubeObject {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: "RoleBinding",
    metadata: { name: TENANT, namespace },
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: TENANT },
    subjects: subjects.map((subject) => ({ kind: "ServiceAccount", name: TENANT, namespace: subject })),
  };
}
