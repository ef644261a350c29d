import { commaList } from "../../lib/comma-list.ts";
import { oncePer } from "../../lib/once-per.ts";
import type { GroupKind, ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { CONFIG_MAP, SECRET } from "./kinds.ts";

/** @param kind Secret or ConfigMap */
export function secretOrConfigMap(kind: string): GroupKind {
  return kind === "Secret" ? SECRET : CONFIG_MAP;
}

/**
 * Kinds whose controllers create a Secret, and the fields with the Secret's name and annotations. The name defaults to the object's.
 */
const SECRET_SOURCES = [
  {
    kind: { group: "external-secrets.io", kind: "ExternalSecret" },
    name: ["spec", "target", "name"],
    annotations: ["spec", "target", "template", "metadata", "annotations"],
  },
  {
    kind: { group: "bitnami.com", kind: "SealedSecret" },
    // The controller overwrites the name in the template (`Unseal` in sealedsecret_expansion.go of bitnami-labs/sealed-secrets).
    name: ["metadata", "name"],
    annotations: ["spec", "template", "metadata", "annotations"],
  },
  {
    kind: { group: "cert-manager.io", kind: "Certificate" },
    name: ["spec", "secretName"],
    annotations: ["spec", "secretTemplate", "annotations"],
  },
];

/**
 * Whether a Secret or ConfigMap exists or will be created; undefined if that depends on the labels of a namespace.
 * @param kind Secret or ConfigMap
 */
export function isProvided(
  kind: string,
  namespace: string,
  name: string,
  objects: ObjectIndex,
): boolean | undefined {
  const named = providedAs(kind, name, objects);
  const isHere = named.some(
    (provided) => provided.namespace === namespace || isReflected(provided.annotations, namespace),
  );
  return isHere || (kind === "Secret" && isClusterWide(namespace, name, objects));
}

/**
 * Whether any namespace has, or will have, a Secret or ConfigMap with this name.
 * @param kind Secret or ConfigMap
 */
export function isProvidedAnywhere(kind: string, name: string, objects: ObjectIndex): boolean {
  return providedAs(kind, name, objects).length > 0;
}

function providedAs(kind: string, name: string, objects: ObjectIndex): readonly Provided[] {
  return (kind === "Secret" ? providedSecrets : providedConfigMaps)(objects).get(name) ?? [];
}

/** A Secret or ConfigMap that exists, or that a controller will create. */
interface Provided {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly annotations: Fields;
}

function writtenObjects(kind: string, objects: ObjectIndex): readonly Provided[] {
  return objects.ofKind(secretOrConfigMap(kind)).map(({ metadata }) => ({
    namespace: metadata.namespace,
    name: metadata.name,
    annotations: fields(metadata.annotations),
  }));
}

function createdSecrets(objects: ObjectIndex): readonly Provided[] {
  return SECRET_SOURCES.flatMap((source) =>
    objects.ofKind(source.kind).map((object) => ({
      namespace: object.metadata.namespace,
      name: text(at(object, source.name)) ?? object.metadata.name,
      annotations: fields(at(object, source.annotations)),
    })),
  );
}

const providedSecrets = oncePer((objects: ObjectIndex) =>
  Map.groupBy([...writtenObjects("Secret", objects), ...createdSecrets(objects)], ({ name }) => name),
);

const providedConfigMaps = oncePer((objects: ObjectIndex) =>
  Map.groupBy(writtenObjects("ConfigMap", objects), ({ name }) => name),
);

/**
 * Whether emberstack's reflector copies an object with these annotations to the namespace
 * (https://github.com/emberstack/kubernetes-reflector).
 */
export function isReflected(annotations: Fields, namespace: string): boolean {
  const prefix = "reflector.v1.k8s.emberstack.com/reflection-auto";
  if (annotations[`${prefix}-enabled`] !== "true") return false;
  const namespaces = text(annotations[`${prefix}-namespaces`]) ?? "";
  return namespaces === "" || isAmong(namespace, namespaces);
}

/** Whether a list of names and regular expressions, with commas, contains a namespace; one that is not valid, such as `*`, matches none. */
export const isAmong = (namespace: string, list: string): boolean =>
  commaList(list).some((pattern) => {
    try {
      return new RegExp(`^(?:${pattern})$`).test(namespace);
    } catch {
      return false;
    }
  });

/** Whether a ClusterExternalSecret creates the Secret in the namespace; undefined if it selects namespaces by label. */
function isClusterWide(namespace: string, name: string, objects: ObjectIndex): boolean | undefined {
  const specs = objects
    .ofKind({ group: "external-secrets.io", kind: "ClusterExternalSecret" })
    .filter(({ metadata, spec }) => {
      const target = text(at(spec, ["externalSecretSpec", "target", "name"]));
      return (target ?? text(fields(spec).externalSecretName) ?? metadata.name) === name;
    })
    .map(({ spec }) => fields(spec));
  if (specs.some((spec) => list(spec.namespaces).includes(namespace))) return true;
  const isSelected = specs.some(
    (spec) => spec.namespaceSelectors !== undefined || spec.namespaceSelector !== undefined,
  );
  return isSelected ? undefined : false;
}
