import { text } from "../../../gitops/kustomize/resource.ts";
import type { Origin } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isFields, originOf, type Fields } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { fieldsIn, nameOf, objectsNamed } from "../../objects.ts";

/** An object that a Kustomization needs, by where it looks for it. */
export interface Reference {
  readonly use:
    "sourceRef" | "dependsOn" | "decryption" | "substituteFrom" | "kubeConfig" | "serviceAccountName";
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** It says the namespace itself; without, it is its own. */
  readonly explicit: boolean;
  /** Flux goes on without it, and says nothing. */
  readonly optional: boolean;
  /** Where it is written. */
  readonly origin: Origin;
}

/**
 * Everything that a Flux Kustomization looks for. A ServiceAccount beside a kubeConfig is that of another cluster, and left out.
 * Source: KustomizationSpec in fluxcd/kustomize-controller/api.
 */
export function referencesOf(kustomization: Fields): readonly Reference[] {
  const spec = specOf(kustomization);
  const { sourceRef, dependsOn } = spec;
  const { namespace: own } = nameOf(kustomization);
  const named = (use: Reference["use"], kind: string, fields: Fields): Reference => ({
    use,
    kind,
    name: text(fields.name),
    namespace: text(fields.namespace) || own,
    explicit: text(fields.namespace) !== "",
    optional: fields.optional === true,
    origin: originOf(fields),
  });
  const mapped = (use: Reference["use"], kind: string, fields: unknown): readonly Reference[] =>
    isFields(fields) ? [named(use, kind, fields)] : [];
  const account = (use: Reference["use"], fields: Fields): readonly Reference[] => {
    const name = text(fields.serviceAccountName);
    if (name === "") return [];
    const origin = entryOrigin(fields, "serviceAccountName");
    const kind = "ServiceAccount";
    return [{ use, kind, name, namespace: own, explicit: false, optional: false, origin }];
  };
  const decryption = fieldsIn(spec, ["decryption"]);
  const kubeConfig = fieldsIn(spec, ["kubeConfig"]);
  const { substituteFrom } = fieldsIn(spec, ["postBuild"]);
  return [
    ...mapped("sourceRef", isFields(sourceRef) ? text(sourceRef.kind) : "", sourceRef),
    ...listed(dependsOn).map((entry) => named("dependsOn", "Kustomization", entry)),
    ...mapped("decryption", "Secret", decryption.secretRef),
    ...account("decryption", decryption),
    ...listed(substituteFrom).map((entry) => named("substituteFrom", text(entry.kind), entry)),
    ...mapped("kubeConfig", "Secret", kubeConfig.secretRef),
    ...mapped("kubeConfig", "ConfigMap", kubeConfig.configMapRef),
    ...(isFields(spec.kubeConfig) ? [] : account("serviceAccountName", spec)),
  ];
}

/** Whether a cluster gets an object from the repository. */
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

const isFlux = ({ apiVersion }: Fields): boolean => text(apiVersion).includes("toolkit.fluxcd.io/");

function listed(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
