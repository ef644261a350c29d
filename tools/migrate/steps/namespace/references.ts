import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Origin } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, mappingsIn, originOf, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { fieldsIn, nameOf, objectsNamed } from "../../objects.ts";

/** A reference from a Kustomization to an object that it needs. */
export interface Reference {
  readonly use:
    "sourceRef" | "dependsOn" | "decryption" | "substituteFrom" | "kubeConfig" | "serviceAccountName";
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The namespace is set explicitly; otherwise it is the Kustomization's namespace. */
  readonly explicit: boolean;
  /** Flux continues without it, and without an error. */
  readonly optional: boolean;
  /** Where it is written. */
  readonly origin: Origin;
}

/**
 * Every reference from a Flux Kustomization. With a kubeConfig, the ServiceAccount is on the remote cluster and is left out.
 * Source: KustomizationSpec in fluxcd/kustomize-controller/api.
 */
export function referencesOf(kustomization: Mapping): readonly Reference[] {
  const spec = specOf(kustomization);
  const { sourceRef, dependsOn } = spec;
  const { namespace: own } = nameOf(kustomization);
  const named = (use: Reference["use"], kind: string, fields: Mapping): Reference => ({
    use,
    kind,
    name: scalarText(fields.name),
    namespace: scalarText(fields.namespace) || own,
    explicit: scalarText(fields.namespace) !== "",
    optional: fields.optional === true,
    origin: originOf(fields),
  });
  const mapped = (use: Reference["use"], kind: string, fields: unknown): readonly Reference[] =>
    isMapping(fields) ? [named(use, kind, fields)] : [];
  const account = (use: Reference["use"], fields: Mapping): readonly Reference[] => {
    const name = scalarText(fields.serviceAccountName);
    if (name === "") return [];
    const origin = entryOrigin(fields, "serviceAccountName");
    const kind = "ServiceAccount";
    return [{ use, kind, name, namespace: own, explicit: false, optional: false, origin }];
  };
  const decryption = fieldsIn(spec, ["decryption"]);
  const kubeConfig = fieldsIn(spec, ["kubeConfig"]);
  const { substituteFrom } = fieldsIn(spec, ["postBuild"]);
  return [
    ...mapped("sourceRef", isMapping(sourceRef) ? scalarText(sourceRef.kind) : "", sourceRef),
    ...mappingsIn(dependsOn).map((entry) => named("dependsOn", "Kustomization", entry)),
    ...mapped("decryption", "Secret", decryption.secretRef),
    ...account("decryption", decryption),
    ...mappingsIn(substituteFrom).map((entry) => named("substituteFrom", scalarText(entry.kind), entry)),
    ...mapped("kubeConfig", "Secret", kubeConfig.secretRef),
    ...mapped("kubeConfig", "ConfigMap", kubeConfig.configMapRef),
    ...(isMapping(spec.kubeConfig) ? [] : account("serviceAccountName", spec)),
  ];
}

/** Whether the repository contains an object for a cluster. */
export function presentIn(
  cluster: BuiltCluster,
  { kind, namespace, name }: Pick<Reference, "kind" | "namespace" | "name">,
): boolean {
  return objectsNamed(cluster, kind, name).some(
    ({ object }) =>
      (kind !== "Kustomization" || isFlux(object)) &&
      (namespace === "" || nameOf(object).namespace === namespace),
  );
}

const isFlux = ({ apiVersion }: Mapping): boolean => scalarText(apiVersion).includes("toolkit.fluxcd.io/");
