import { RETAINED_ANNOTATION, type KubeObject } from "../../kube/objects.ts";
import { COPIES } from "./label-copies.ts";

/** Whether the Prometheus operator generated an object from a Prometheus or an Alertmanager and from what they select. */
export function isGenerated({ metadata }: KubeObject): boolean {
  const owners = (metadata.ownerReferences ?? []) as { kind: string }[];
  return owners.some(({ kind }) => ["Prometheus", "Alertmanager"].includes(kind));
}

/** Whether an object stays on the cluster when the stack is destroyed: what the program retains, what the cluster adds to it, and what cert-manager keeps. */
export function staysByDesign({ apiVersion, kind, metadata, spec }: KubeObject): boolean {
  const { name, annotations = {} } = metadata;
  if (RETAINED_ANNOTATION in annotations) return ["CustomResourceDefinition", "Namespace"].includes(kind);
  // docs/guides/operations.md: the mark of the last update stays.
  if (name.startsWith("edgefirst-update-")) return true;
  // The API server's objects: one per served group, and two in each namespace.
  if (kind === "APIService") return (spec as { service?: object }).service === undefined;
  if (["ConfigMap kube-root-ca.crt", "ServiceAccount default"].includes(`${kind} ${name}`)) return true;
  // cert-manager keeps the Secrets of deleted Certificates.
  if (kind === "Secret") return "cert-manager.io/certificate-name" in annotations;
  return COPIES.some(({ group }) => apiVersion.startsWith(`${group}/`) || name.endsWith(`.${group}`));
}
