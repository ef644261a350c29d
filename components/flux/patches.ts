import { Document, isScalar, isSeq, visit, type Pair } from "yaml";
import { omitUndefined } from "../../lib/omit.ts";

/** An entry of a Flux Kustomization's `spec.patches` (https://fluxcd.io/flux/components/kustomize/kustomizations/#patches). */
export interface FluxPatch {
  /** YAML: an object to merge, or a list of JSON6902 operations. */
  readonly patch: string;
  readonly target: FluxPatchTarget;
}

/** Which of the built objects a patch is for. */
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

/** What every HelmRelease gets. */
export interface HelmReleaseDefaults {
  /** Retries of a failed installation or upgrade; -1 is without end. */
  readonly retries: number;
  readonly crds: "Skip" | "Create" | "CreateReplace";
  readonly driftDetection: "enabled" | "warn" | "disabled";
}

/** What the root's global patches give to every child Kustomization. */
export interface ChildPatchArgs {
  /** A child, or a HelmRelease, with this label set to "true" is left alone. */
  readonly optOutLabel: string;
  /** Secret with the age keys; null: no decryption is set, since the controller holds the key itself (`--sops-age-secret`, Flux 2.7). */
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
  /** Namespace that children are moved to. */
  readonly namespace?: string | undefined;
  /** Namespace of the sources that children name; a child that is not beside its source must say it. */
  readonly sourceNamespace?: string | undefined;
  /** ServiceAccount that children and their HelmReleases impersonate. */
  readonly serviceAccountName?: string | undefined;
}

const KUSTOMIZATION = { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };
const HELM_RELEASE = { group: "helm.toolkit.fluxcd.io", kind: "HelmRelease" };

/**
 * By which fields the entries of two lists are told apart. Without it, kustomize replaces a list of a custom resource as a whole; with it, a child
 * keeps its own entries, behind ours, so that they win.
 */
const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  patches: ["patch"],
  substituteFrom: ["kind", "name"],
};

/** The patches of the root, in the order in which they must come. */
export function childPatches(args: ChildPatchArgs): FluxPatch[] {
  const target = { ...KUSTOMIZATION, labelSelector: `${args.optOutLabel} notin (true)` };
  const spec = childSpec(args);
  const identity = identitySpec(args);
  return [
    ...(Object.keys(spec).length === 0 ? [] : [{ patch: childPatch(spec), target }]),
    // No way out by label: whoever may write a child could give it the controllers' own rights.
    ...(identity === undefined ? [] : [{ patch: childPatch(identity), target: KUSTOMIZATION }]),
    // A merge patch cannot change a namespace; `add` also sets one where a child has none.
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

/** With whose rights a child applies, and with whose its HelmReleases do. */
function identitySpec({ serviceAccountName }: ChildPatchArgs): object | undefined {
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

/** The text of a strategic merge patch. The name in it is not used: the target says what is patched. */
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
 * Says in a comment above a list's key how its entries are told apart. kustomize reads the schema of a field from such a comment
 * (sigs.k8s.io/kustomize/kyaml, fieldmeta.FieldMeta.Read and yaml/walk), and knows no other schema of a custom resource. Seen with kyaml 0.19 (in Flux 2.6)
 * and 0.21 (kustomize 5.8). It must be the line above the key: beside it, kustomize fails, and below it, the comment is taken for the first entry's.
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
