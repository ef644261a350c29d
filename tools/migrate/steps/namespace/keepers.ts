import { posix } from "node:path";
import { isAmong, isReflected } from "../../../../policy/objects/secret-sources.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { isMapping, mappingsIn, type Mapping } from "../../../gitops/yaml/values.ts";
import { fieldAt, fieldsIn, nameOf, objectsNamed } from "../../objects.ts";
import type { Reference } from "./references.ts";

/** A Secret or ConfigMap. */
type Kept = Pick<Reference, "kind" | "namespace" | "name">;

/** An object because of which a controller creates a Secret or ConfigMap and keeps it up to date. */
export interface Keeper {
  readonly built: BuiltObject;
  readonly way: Way;
}

/**
 * `copy`: the same object in another namespace makes the Secret there; `seal`: only if its contents are encrypted for that namespace; `list`: it names the
 * namespaces itself; `select`: by their labels; `push`: a store names the namespace.
 */
type Way = "copy" | "seal" | "list" | "select" | "push";

/** Kinds whose controllers create a Secret, and the fields with its name and namespace, which default to the object's. */
const CREATORS: readonly (readonly [kind: string, name: readonly string[], namespace?: readonly string[]])[] =
  [
    ["ExternalSecret", ["spec", "target", "name"]],
    ["SealedSecret", ["metadata", "name"]],
    ["OnePasswordItem", ["metadata", "name"]],
    ["VaultStaticSecret", ["spec", "destination", "name"]],
    ["VaultDynamicSecret", ["spec", "destination", "name"]],
    ["BitwardenSecret", ["spec", "secretName"]],
    [
      "InfisicalSecret",
      ["spec", "managedSecretReference", "secretName"],
      ["spec", "managedSecretReference", "secretNamespace"],
    ],
    ["DopplerSecret", ["spec", "managedSecret", "name"], ["spec", "managedSecret", "namespace"]],
  ];

/** What keeps a Secret or ConfigMap that no file of the repository contains; undefined if the repository does not show that. */
export function keeperOf(cluster: BuiltCluster, kept: Kept): Keeper | undefined {
  for (const built of cluster.objects) {
    const way = wayOf(built.object, kept, cluster);
    if (way !== undefined) return { built, way };
  }
  return undefined;
}

/** Whether a controller surely brings a Secret or ConfigMap to its namespace. */
export function isKept(cluster: BuiltCluster, kept: Kept): boolean {
  return cluster.objects.some(({ object }) => !["select", undefined].includes(wayOf(object, kept, cluster)));
}

/** What keeps it where it is, and what keeps it in the target as well. */
export function howKept({ built, way }: Keeper, target: string, repository: Repository): string {
  const { file } = built.origin.source;
  const component = componentOf(file, repository);
  const remedies: Readonly<Record<Way, string>> = {
    copy: `a copy of it belongs into ${target}${component === undefined ? "" : `, or component ${component}, if all of it may be there too`}`,
    seal: `its contents, sealed again for ${target}, belong there`,
    list: `add ${target} to the namespaces that it names`,
    select: `${target} needs the labels that it selects`,
    push: `add one whose store writes to ${target}`,
  };
  // Without its namespace: a component makes one for each namespace, and one line is enough.
  return `${scalarText(built.object.kind)} ${nameOf(built.object).name} (${file}) keeps it up to date today; ${remedies[way]}`;
}

function wayOf(object: Mapping, kept: Kept, cluster: BuiltCluster): Way | undefined {
  const { name, namespace: own } = nameOf(object);
  const kind = scalarText(object.kind);
  if (kind === "ClusterExternalSecret") return fromEverywhere(object, kept);
  if (kind === "PushSecret") return isPushed(object, kept, cluster) ? "push" : undefined;
  const made = madeBy(object);
  if (made?.kind !== kept.kind || made.name !== kept.name) return undefined;
  if (kind !== kept.kind && made.namespace === kept.namespace)
    return kind === "SealedSecret" && annotationsOf(object)[CLUSTER_WIDE] !== "true" ? "seal" : "copy";
  if (made.namespace === kept.namespace) return undefined;
  if (isReflected(made.annotations, kept.namespace)) return "list";
  return name !== "" && own !== kept.namespace ? replicated(made.annotations, kept.namespace) : undefined;
}

const CLUSTER_WIDE = "sealedsecrets.bitnami.com/cluster-wide";

interface Made extends Kept {
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** The Secret or ConfigMap that an object is, or that its controller creates. */
function madeBy(object: Mapping): Made | undefined {
  const { name, namespace } = nameOf(object);
  const kind = scalarText(object.kind);
  if (kind === "Secret" || kind === "ConfigMap")
    return { kind, name, namespace, annotations: annotationsOf(object) };
  const creator = CREATORS.find(([own]) => own === kind);
  // With these policies, the controller creates nothing (https://external-secrets.io/latest/guides/ownership-deletion-policy/).
  const policy = scalarText(fieldAt(object, ["spec", "target", "creationPolicy"]));
  if (!creator || policy === "None" || policy === "Merge") return undefined;
  const [, namePath, namespacePath] = creator;
  const elsewhere = namespacePath === undefined ? "" : scalarText(fieldAt(object, namespacePath));
  const template = fieldsIn(
    object,
    kind === "SealedSecret" ? ["spec", "template"] : ["spec", "target", "template"],
  );
  return {
    kind: scalarText(fieldAt(object, ["spec", "target", "manifest", "kind"])) || "Secret",
    name: scalarText(fieldAt(object, namePath)) || name,
    namespace: elsewhere === "" ? namespace : elsewhere,
    annotations: annotationsOf(template),
  };
}

function annotationsOf({ metadata }: Mapping): Readonly<Record<string, unknown>> {
  return isMapping(metadata) && isMapping(metadata.annotations) ? metadata.annotations : {};
}

/** Source: mittwald/kubernetes-replicator, README, "Push-based replication". */
function replicated(annotations: Made["annotations"], namespace: string): Way | undefined {
  const prefix = "replicator.v1.mittwald.de/replicate-to";
  const { [prefix]: to, [`${prefix}-matching`]: matching } = annotations;
  if (typeof to === "string" && isAmong(namespace, to)) return "list";
  return matching === undefined ? undefined : "select";
}

/** Source: https://external-secrets.io/latest/api/clusterexternalsecret/ */
function fromEverywhere({ metadata, spec }: Mapping, { kind, namespace, name }: Kept): Way | undefined {
  if (!isMapping(spec) || kind !== "Secret") return undefined;
  const target = scalarText(fieldAt(spec, ["externalSecretSpec", "target", "name"]));
  const own = isMapping(metadata) ? scalarText(metadata.name) : "";
  if ((target || scalarText(spec.externalSecretName) || own) !== name) return undefined;
  if (Array.isArray(spec.namespaces) && spec.namespaces.map(scalarText).includes(namespace)) return "list";
  return spec.namespaceSelectors === undefined && spec.namespaceSelector === undefined ? undefined : "select";
}

/** Whether a PushSecret writes a Secret through a store of the provider for Kubernetes (https://external-secrets.io/latest/provider/kubernetes/). */
function isPushed(object: Mapping, { kind, namespace, name }: Kept, cluster: BuiltCluster): boolean {
  const keys = mappingsIn(fieldAt(object, ["spec", "data"])).map((entry) =>
    scalarText(fieldAt(entry, ["match", "remoteRef", "remoteKey"])),
  );
  const stores = mappingsIn(fieldAt(object, ["spec", "secretStoreRefs"])).flatMap((ref) =>
    objectsNamed(cluster, scalarText(ref.kind) || "SecretStore", scalarText(ref.name)),
  );
  return (
    kind === "Secret" &&
    keys.includes(name) &&
    stores.some(
      (store) =>
        scalarText(fieldAt(store.object, ["spec", "provider", "kubernetes", "remoteNamespace"])) ===
        namespace,
    )
  );
}

/** The directory of the component that contains a file. */
function componentOf(file: string, repository: Repository): string | undefined {
  const directory = posix.dirname(file);
  const own = findKustomizationFile(repository, directory);
  const fields = own === undefined ? undefined : repository.parse(own).documents[0]?.value;
  return isMapping(fields) && fields.kind === "Component" ? directory : undefined;
}
