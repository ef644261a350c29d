import { CONFIG_MAP, SECRET } from "./kinds.ts";
import type { GroupKind, ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";

/** @param kind Secret or ConfigMap */
export function kindNamed(kind: string): GroupKind {
  return kind === "Secret" ? SECRET : CONFIG_MAP;
}

/** Kinds that make a Secret of their own name, or of one that they say, with the annotations that they say. */
const MAKERS = [
  {
    kind: { group: "external-secrets.io", kind: "ExternalSecret" },
    name: ["spec", "target", "name"],
    annotations: ["spec", "target", "template", "metadata", "annotations"],
  },
  {
    kind: { group: "bitnami.com", kind: "SealedSecret" },
    name: ["spec", "template", "metadata", "name"],
    annotations: ["spec", "template", "metadata", "annotations"],
  },
  {
    kind: { group: "cert-manager.io", kind: "Certificate" },
    name: ["spec", "secretName"],
    annotations: ["spec", "secretTemplate", "annotations"],
  },
];

/**
 * Whether a Secret or ConfigMap is there, or something that makes it; undefined where that hangs on labels of namespaces.
 * @param kind Secret or ConfigMap
 */
export function isMade(
  kind: string,
  namespace: string,
  name: string,
  objects: ObjectIndex,
): boolean | undefined {
  const named = (kind === "Secret" ? madeSecrets : madeConfigMaps)(objects).get(name) ?? [];
  if (named.some((made) => made.namespace === namespace || isReflected(made.annotations, namespace)))
    return true;
  return kind === "Secret" && makesEverywhere(namespace, name, objects);
}

/** What a Secret or ConfigMap will be, as far as the question goes. */
interface Made {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly annotations: Fields;
}

function madeOf(kind: string, objects: ObjectIndex): readonly Made[] {
  const written = objects.ofKind(kindNamed(kind)).map(({ metadata }) => ({
    namespace: metadata.namespace,
    name: metadata.name,
    annotations: fields(metadata.annotations),
  }));
  if (kind !== "Secret") return written;
  const brought = MAKERS.flatMap((maker) =>
    objects.ofKind(maker.kind).map((object) => ({
      namespace: object.metadata.namespace,
      name: text(at(object, maker.name)) ?? object.metadata.name,
      annotations: fields(at(object, maker.annotations)),
    })),
  );
  return [...written, ...brought];
}

/** Copied there by emberstack's reflector (https://github.com/emberstack/kubernetes-reflector). */
function isReflected(annotations: Fields, namespace: string): boolean {
  const prefix = "reflector.v1.k8s.emberstack.com/reflection-auto";
  if (annotations[`${prefix}-enabled`] !== "true") return false;
  const namespaces = text(annotations[`${prefix}-namespaces`]) ?? "";
  return (
    namespaces === "" ||
    namespaces.split(",").some((pattern) => new RegExp(`^(?:${pattern.trim()})$`).test(namespace))
  );
}

/** By name. */
const madeSecrets = oncePer((objects: ObjectIndex) =>
  Map.groupBy(madeOf("Secret", objects), ({ name }) => name),
);
const madeConfigMaps = oncePer((objects: ObjectIndex) =>
  Map.groupBy(madeOf("ConfigMap", objects), ({ name }) => name),
);

/** Whether a ClusterExternalSecret makes the Secret there; undefined where it selects namespaces by label. */
function makesEverywhere(namespace: string, name: string, objects: ObjectIndex): boolean | undefined {
  const makers = objects
    .ofKind({ group: "external-secrets.io", kind: "ClusterExternalSecret" })
    .filter(
      ({ metadata, spec }) =>
        (text(at(spec, ["externalSecretSpec", "target", "name"])) ??
          text(fields(spec).externalSecretName) ??
          metadata.name) === name,
    );
  if (makers.some(({ spec }) => list(fields(spec).namespaces).includes(namespace))) return true;
  return makers.some(
    ({ spec }) =>
      fields(spec).namespaceSelectors !== undefined || fields(spec).namespaceSelector !== undefined,
  )
    ? undefined
    : false;
}
