import type { KubeObject } from "../../kube/objects.ts";
import { TENANT, type FluxPlacementArgs } from "./placement.ts";

const GROUP = "rbac.authorization.k8s.io";

/** A ClusterRole with this label adds its rules to what tenants may do. */
const AGGREGATE = "edgefirst.dev/aggregate-to-tenant";

const WRITE = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/**
 * What apps of a GitOps repository are made of beyond the built-in kinds, and for which no common operator extends the role `admin` itself: the kinds of
 * the Gateway API (which has no such roles), of Flux (whose own extend only `admin` and `edit` where `flux install` made them) and of the Prometheus operator.
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
 * Strict mode: in every tenant namespace a ServiceAccount that its HelmReleases run as, and one where the children live, both bound in the tenant namespaces
 * only. Kubernetes' own `admin` role, with what operators add to it, and {@link APP_RULES}; unlike with Flux's own default (`flux create tenant` binds
 * `cluster-admin`) tenants may not change their Namespace object, quotas or anything outside. More is given by a ClusterRole labelled
 * `edgefirst.dev/aggregate-to-tenant: "true"`.
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
