import { Document, isScalar, isSeq, visit, type Pair } from "yaml";
import { omitUndefined } from "../../lib/omit.ts";

/** An entry of a Flux Kustomization's `spec.patches` (https://fluxcd.io/flux/components/kustomize/kustomizations/#patches). */
export interface FluxPatch {
  /** YAML: an object to merge, or a list of JSON6902 operations. */
  readonly patch: string;
  readonly target: FluxPatchTarget;
}

/** The built objects that a patch applies to. */
export interface FluxPatchTarget {
  readonly group: string;
  readonly kind: string;
  readonly labelSelector?: string;
}

/** An entry of `postBuild.substituteFrom`. */
export interface SubstituteReference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly optional?: boolean | undefined;
}

/** Defaults for every HelmRelease. */
export interface HelmReleaseDefaults {
  /** Retries of a failed install or upgrade; -1 retries forever. */
  readonly retries: number;
  readonly crds: "Skip" | "Create" | "CreateReplace";
  readonly driftDetection: "enabled" | "warn" | "disabled";
}

/** What the root's global patches set on every child Kustomization. */
export interface ChildPatchArgs {
  /** A child or HelmRelease with this label set to `"true"` is not patched. */
  readonly optOutLabel: string;
  /** Secret with the age keys; null if kustomize-controller has the keys (`--sops-age-secret`, Flux 2.7), in which case `spec.decryption` is not set. */
  readonly decryptionSecret: string | null;
  readonly substituteFrom: readonly SubstituteReference[];
  readonly children: {
    readonly interval?: string | undefined;
    readonly retryInterval?: string | undefined;
    readonly timeout?: string | undefined;
    readonly prune?: boolean | undefined;
    readonly deletionPolicy?: string | undefined;
  };
  readonly helmReleases?: HelmReleaseDefaults | undefined;
  /** Namespace to move the children to; undefined to leave them where they are. */
  readonly namespace?: string | undefined;
  /** Namespace of the children's sources; required for a child in another namespace. */
  readonly sourceNamespace?: string | undefined;
  /** ServiceAccount that children and their HelmReleases impersonate. */
  readonly serviceAccountName?: string | undefined;
}

const KUSTOMIZATION = { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };
const HELM_RELEASE = { group: "helm.toolkit.fluxcd.io", kind: "HelmRelease" };

/**
 * Merge keys of lists. Without them, kustomize replaces a list in a custom resource as a whole. With them, a child keeps its own entries; they come after ours,
 * so that they win (docs/decisions/global-patches-keep-lists.md).
 */
const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  patches: ["patch"],
  substituteFrom: ["kind", "name"],
};

/** The root's patches, in the order in which Flux must apply them. */
export function childPatches(args: ChildPatchArgs): FluxPatch[] {
  const target = { ...KUSTOMIZATION, labelSelector: `${args.optOutLabel} notin (true)` };
  const spec = childSpec(args);
  const impersonation = impersonationSpec(args);
  return [
    ...(Object.keys(spec).length === 0 ? [] : [{ patch: childPatch(spec), target }]),
    // The label does not exempt a child from this patch: otherwise, anyone who can write a child could give it the controllers' permissions.
    ...(impersonation === undefined ? [] : [{ patch: childPatch(impersonation), target: KUSTOMIZATION }]),
    // A merge patch cannot change a namespace. `add` also works for a child without one.
    ...(args.namespace === undefined
      ? []
      : [{ patch: jsonPatch([{ op: "add", path: "/metadata/namespace", value: args.namespace }]), target }]),
  ];
}

/** `spec.decryption` of a Kustomization. */
export function decryption(secret: string): Readonly<Record<string, unknown>> {
  return { provider: "sops", secretRef: { name: secret } };
}

function childSpec(args: ChildPatchArgs): Readonly<Record<string, unknown>> {
  return omitUndefined({
    ...args.children,
    sourceRef: args.sourceNamespace === undefined ? undefined : { namespace: args.sourceNamespace },
    decryption: args.decryptionSecret === null ? undefined : decryption(args.decryptionSecret),
    postBuild:
      args.substituteFrom.length === 0
        ? undefined
        : { substituteFrom: args.substituteFrom.map((reference) => omitUndefined(reference)) },
    patches:
      args.helmReleases === undefined
        ? undefined
        : [
            {
              patch: helmReleasePatch(helmReleaseSpec(args.helmReleases)),
              target: { ...HELM_RELEASE, labelSelector: `${args.optOutLabel} notin (true)` },
            },
          ],
  });
}

/** The ServiceAccount of a child and of its HelmReleases. */
function impersonationSpec({ serviceAccountName }: ChildPatchArgs): object | undefined {
  if (serviceAccountName === undefined) return undefined;
  return {
    serviceAccountName,
    patches: [{ patch: helmReleasePatch({ serviceAccountName }), target: HELM_RELEASE }],
  };
}

function childPatch(spec: object): string {
  return mergePatch("kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec);
}

function helmReleasePatch(spec: object): string {
  return mergePatch("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec);
}

function helmReleaseSpec({ retries, crds, driftDetection }: HelmReleaseDefaults): object {
  const action = { crds, remediation: { retries } };
  return { install: action, upgrade: action, driftDetection: { mode: driftDetection } };
}

/** A strategic merge patch as YAML. Its name is not used: the target selects what is patched. */
function mergePatch(apiVersion: string, kind: string, spec: object): string {
  return toYaml({ apiVersion, kind, metadata: { name: "not-used" }, spec });
}

interface Operation {
  readonly op: "add";
  readonly path: string;
  readonly value: string;
}

function jsonPatch(operations: readonly Operation[]): string {
  return toYaml(operations);
}

function toYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Pair: (_, pair) => {
      keepEntries(pair);
    },
  });
  return document.toString({ lineWidth: 0 });
}

/**
 * Puts the merge keys of a list into a comment above its key. kustomize reads the schema of a field from such a comment (sigs.k8s.io/kustomize/kyaml,
 * fieldmeta.FieldMeta.Read and yaml/walk), and has no other schema for custom resources. Verified with kyaml 0.19 (in Flux 2.6) and 0.21 (kustomize 5.8). The
 * comment must be on the line above the key: kustomize fails if it is on the same line, and takes it as a comment on the first entry if it is below.
 */
function keepEntries(pair: Pair): void {
  if (!isScalar(pair.key)) return;
  const keys = LIST_KEYS[String(pair.key.value)];
  if (keys === undefined || !isSeq(pair.value)) return;
  const schema = {
    type: "array",
    "x-kubernetes-patch-strategy": "merge",
    ...(keys.length === 1
      ? { "x-kubernetes-patch-merge-key": keys[0] }
      : { "x-kubernetes-list-map-keys": keys }),
  };
  pair.key.commentBefore = ` ${JSON.stringify(schema)}`;
}
