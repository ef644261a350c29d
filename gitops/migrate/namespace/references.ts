import { text } from "../../build/resource.ts";
import { isFields, type Fields } from "../../documents/values.ts";
import type { BuiltCluster } from "../../flux/built.ts";
import { specOf } from "../../flux/flux-kustomization.ts";
import { nameOf, objectsNamed } from "../objects.ts";

/** An object that a Kustomization needs, by where it looks for it. */
export interface Reference {
  readonly use: "sourceRef" | "dependsOn" | "decryption" | "substituteFrom";
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** It says the namespace itself; without, it is its own. */
  readonly explicit: boolean;
}

/** Everything that a Flux Kustomization needs; what it can do without is left out. */
export function referencesOf(kustomization: Fields): readonly Reference[] {
  const { sourceRef, dependsOn, decryption, postBuild } = specOf(kustomization);
  const { namespace: own } = nameOf(kustomization);
  const named = (use: Reference["use"], kind: string, fields: Fields): Reference => ({
    use,
    kind,
    name: text(fields.name),
    namespace: text(fields.namespace) || own,
    explicit: text(fields.namespace) !== "",
  });
  const key = isFields(decryption) ? decryption.secretRef : undefined;
  const substituteFrom = isFields(postBuild) ? postBuild.substituteFrom : undefined;
  return [
    ...(isFields(sourceRef) ? [named("sourceRef", text(sourceRef.kind), sourceRef)] : []),
    ...fieldsIn(dependsOn).map((entry) => named("dependsOn", "Kustomization", entry)),
    ...(isFields(key) ? [named("decryption", "Secret", key)] : []),
    ...fieldsIn(substituteFrom)
      .filter(({ optional }) => optional !== true)
      .map((entry) => named("substituteFrom", text(entry.kind), entry)),
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

function fieldsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
