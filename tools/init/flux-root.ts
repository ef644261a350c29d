import type { KubeObject } from "../../kube/objects.ts";
import type { Survey } from "./survey.ts";

/** The root Kustomization of a cluster, and the source that it builds from. */
export interface FluxRoot {
  readonly root: KubeObject;
  readonly source: KubeObject | undefined;
  /** Direct children. */
  readonly children: readonly KubeObject[];
  /** Other Kustomizations that apply Kustomizations. */
  readonly others: readonly string[];
}

interface KustomizationSpec {
  readonly sourceRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string };
}

/** The Kustomization that applies the most other Kustomizations, usually the one above the apps. If none applies any, the first one. */
export function findFluxRoot({ kustomizations, sources }: Survey): FluxRoot | undefined {
  const candidates = kustomizations
    .map((root) => ({ root, children: childrenOf(root, kustomizations) }))
    .sort((one, other) => other.children.length - one.children.length);
  const parents = candidates.filter(({ children }) => children.length > 0);
  const [first] = parents.length > 0 ? parents : candidates;
  if (first === undefined) return undefined;
  const others = parents.filter(({ root }) => root !== first.root).map(({ root }) => nameOf(root));
  return { ...first, source: sourceOf(first.root, sources), others };
}

/** Flux labels every object with the Kustomization that applies it. */
function childrenOf(parent: KubeObject, kustomizations: readonly KubeObject[]): KubeObject[] {
  return kustomizations.filter(
    (child) =>
      child !== parent &&
      child.metadata.labels?.["kustomize.toolkit.fluxcd.io/name"] === parent.metadata.name &&
      child.metadata.labels["kustomize.toolkit.fluxcd.io/namespace"] === parent.metadata.namespace,
  );
}

function sourceOf(root: KubeObject, sources: readonly KubeObject[]): KubeObject | undefined {
  const { sourceRef } = root.spec as KustomizationSpec;
  return sources.find(
    ({ kind, metadata }) =>
      kind === sourceRef?.kind &&
      metadata.name === sourceRef.name &&
      metadata.namespace === (sourceRef.namespace ?? root.metadata.namespace),
  );
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/**
 * The `edgefirst:flux` section for a root. It sets only what differs from the defaults, so that switching to `mode: manage` later changes
 * nothing.
 */
export function fluxSection({ root, source, children }: FluxRoot): Record<string, unknown> {
  const spec = root.spec as Readonly<Record<string, unknown>>;
  const { postBuild } = spec as { postBuild?: { substituteFrom?: readonly unknown[] } };
  return {
    source: source === undefined ? undefined : sourceSection(source),
    root: {
      mode: "observe",
      ...differing({ name: root.metadata.name, namespace: root.metadata.namespace }, ROOT_DEFAULTS),
      path: normalized(spec.path),
      ...differing(pick(spec, ["interval", "retryInterval", "timeout", "prune", "wait"]), ROOT_DEFAULTS),
      ...differing({ decryptionSecret: decryptionSecret([root, ...children]) }, ROOT_DEFAULTS),
      ...(postBuild?.substituteFrom && { substituteFrom: postBuild.substituteFrom }),
    },
  };
}

/** Defaults from the configuration schema. */
const ROOT_DEFAULTS: Readonly<Record<string, unknown>> = {
  name: "cluster-apps",
  namespace: "flux-system",
  interval: "30m",
  prune: true,
  wait: false,
  decryptionSecret: "sops-age",
};

function sourceSection({ kind, metadata, spec }: KubeObject): Record<string, unknown> {
  const fields = pick(spec as Readonly<Record<string, unknown>>, [
    "url",
    "ref",
    "interval",
    "ignore",
    "secretRef",
    "verify",
    "insecure",
  ]);
  const defaults = { namespace: "flux-system", interval: "30m", insecure: false };
  return { kind, name: metadata.name, ...differing({ namespace: metadata.namespace, ...fields }, defaults) };
}

/** The Secret with the age keys, from the first Kustomization that names one; null if the controller holds the key. */
function decryptionSecret(kustomizations: readonly KubeObject[]): string | null {
  for (const { spec } of kustomizations) {
    const { decryption } = spec as { decryption?: { secretRef?: { name?: string } } };
    if (decryption?.secretRef?.name !== undefined) return decryption.secretRef.name;
  }
  return null;
}

/** Flux accepts `kubernetes/apps`, `./kubernetes/apps` and an empty path. */
function normalized(path: unknown): string {
  const text = typeof path === "string" ? path : "";
  return `./${text.replace(/^\.?\/*/, "")}`;
}

function pick(fields: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (name in fields ? [[name, fields[name]]] : [])));
}

function differing(
  fields: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && value !== defaults[name]),
  );
}
