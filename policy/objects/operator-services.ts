import { oncePer } from "../../lib/once-per.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { groupOf, type ObjectIndex } from "../engine/object-index.ts";

/**
 * Whether an operator may have created a Service for a custom resource in the namespace: operators name Services after their objects, as in `board-service`,
 * `rook-ceph-rgw-store` or `vmsingle-main`, or after their own purpose.
 */
export function mayBeOperators(namespace: string, name: string, objects: ObjectIndex): boolean {
  return customResources(objects).some(
    ({ kind, metadata }) =>
      metadata.namespace === namespace &&
      (name.startsWith(metadata.name) || name.endsWith(`-${metadata.name}`) || FIXED[kind] === name),
  );
}

/**
 * Services whose name does not depend on that of the object. Sources: prometheus-operator's governing Services, and the Service of a tenant in
 * github.com/minio/operator.
 */
const FIXED: Readonly<Record<string, string>> = {
  Alertmanager: "alertmanager-operated",
  Prometheus: "prometheus-operated",
  Tenant: "minio",
  ThanosRuler: "thanos-ruler-operated",
};

const customResources = oncePer((objects: ObjectIndex): readonly KubeObject[] =>
  objects.all().filter((object) => {
    const group = groupOf(object);
    return group.includes(".") && !group.endsWith(".k8s.io") && !KNOWN_GROUPS.test(group);
  }),
);

/** API groups whose controllers create no Services. */
const KNOWN_GROUPS =
  /(?:^|\.)(?:fluxcd\.io|external-secrets\.io|cert-manager\.io|traefik\.io|backube)$|^kustomize\./;
