import { oncePer } from "../../lib/once-per.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { groupOf, type GroupKind, type ObjectIndex } from "../engine/object-index.ts";
import { at, text } from "../engine/read.ts";
import { GATEWAY } from "./kinds.ts";

/**
 * Whether an operator may have created a Service for a custom resource in the namespace: operators name Services after their objects, as in `board-service`,
 * `rook-ceph-rgw-store`, `vmsingle-main` or `tempo-traces-gateway`, or after their own purpose. So do controllers of Gateways, and VolSync.
 */
export function mayBeOperators(namespace: string, name: string, objects: ObjectIndex): boolean {
  const isOperated = customResources(objects).some(
    ({ kind, metadata }) =>
      metadata.namespace === namespace &&
      (name.startsWith(metadata.name) || `${name}-`.includes(`-${metadata.name}-`) || FIXED[kind] === name),
  );
  return (
    isOperated ||
    NAMED.some(({ services, ...kind }) =>
      objects
        .ofKind(kind)
        .some((object) => object.metadata.namespace === namespace && services(object).includes(name)),
    )
  );
}

/**
 * The only Services that controllers create for objects of some kinds. Sources: operator/pkg/model/translation/gateway-api of Cilium, "Automated Deployment" in
 * Istio's page on the Gateway API, and controllers/mover of VolSync.
 */
const NAMED: readonly (GroupKind & { readonly services: (object: KubeObject) => readonly string[] })[] = [
  {
    ...GATEWAY,
    services: ({ metadata: { name }, spec }) => [
      `cilium-gateway-${name}`,
      `${name}-${text(at(spec, ["gatewayClassName"])) ?? ""}`,
    ],
  },
  {
    group: "volsync.backube",
    kind: "ReplicationDestination",
    services: ({ metadata: { name } }) => [`volsync-rsync-dst-${name}`, `volsync-rsync-tls-dst-${name}`],
  },
];

/**
 * Services whose name does not depend on that of the object. Sources: prometheus-operator's governing Services, and the Service of a tenant in
 * github.com/minio/operator.
 */
const FIXED: Readonly<Record<string, string>> = {
  Alertmanager: "alertmanager-operated",
  Prometheus: "prometheus-operated",
  PrometheusAgent: "prometheus-agent-operated",
  Tenant: "minio",
  ThanosRuler: "thanos-ruler-operated",
};

const customResources = oncePer((objects: ObjectIndex): readonly KubeObject[] =>
  objects.all().filter((object) => {
    const group = groupOf(object);
    const isCustom = group.includes(".") && !group.endsWith(".k8s.io");
    const isKnown = KNOWN_GROUPS.test(group) || WITHOUT_SERVICES.test(object.kind);
    return isCustom && !isKnown && !IN_A_SERVER.test(`${object.kind}.${group}`);
  }),
);

/** API groups whose controllers create no Services. */
const KNOWN_GROUPS =
  /(?:^|\.)(?:fluxcd\.io|external-secrets\.io|cert-manager\.io|traefik\.io|backube|cilium\.io|cni\.cncf\.io|envoyproxy\.io|keda\.sh|kyverno\.io|metallb\.io|projectcalico\.org)$|^(?:bitnami\.com$|kustomize\.)/;

/** Kinds that configure what an operator runs, such as ServiceMonitors, rules, dashboards and backups, and are often named after an app. */
const WITHOUT_SERVICES =
  /(?:Monitor|Rule|Scrape|ScrapeConfig|Probe|AlertmanagerConfig|Backup|Policy)$|^Grafana.|^VMUser$/;

/** Kinds for what is inside a server that another object creates. */
const IN_A_SERVER =
  /^(?:(?:Database|Publication|Subscription|ImageCatalog)\.postgresql\.cnpg\.io|Database\.k8s\.mariadb\.com)$/;
