import type { ClusterReader } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { FluxPatch, SubstituteReference } from "./patches.ts";
import type { RepositorySource } from "./root.ts";

/** The fields of a live Flux Kustomization that the checks read. */
export interface LiveKustomization extends KubeObject {
  readonly metadata: KubeObject["metadata"] & { readonly namespace: string };
  readonly spec: {
    readonly path?: string;
    readonly suspend?: boolean;
    readonly prune?: boolean;
    readonly deletionPolicy?: string;
    readonly targetNamespace?: string;
    readonly sourceRef: { readonly kind: string; readonly name: string; readonly namespace?: string };
    readonly dependsOn?: readonly { readonly name: string; readonly namespace?: string }[];
    readonly decryption?: { readonly secretRef?: { readonly name: string } };
    readonly postBuild?: { readonly substituteFrom?: readonly SubstituteReference[] };
    readonly patches?: readonly FluxPatch[];
  };
}

/** Identifies a root among other Kustomizations. */
export interface RootIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly path: string;
  readonly source: Pick<RepositorySource, "kind" | "name" | "namespace">;
  readonly optOutLabel: string;
}

/** The live root and its children. */
export interface LiveRoots {
  /** The root itself. */
  readonly root: LiveKustomization | undefined;
  /** Other Kustomizations that build the root's path from its source, such as the root under a former name. */
  readonly formerRoots: readonly LiveKustomization[];
  /** Kustomizations applied by the root, a former root or a deleted root, except those that opted out of the global patches. */
  readonly children: readonly LiveKustomization[];
  /** Children that opted out. */
  readonly optedOut: readonly LiveKustomization[];
}

/** Labels that kustomize-controller sets on everything it applies. */
const OWNER_NAME = "kustomize.toolkit.fluxcd.io/name";
const OWNER_NAMESPACE = "kustomize.toolkit.fluxcd.io/namespace";

/** Reads the root's children, even if the root had another name when it applied them. */
export async function liveRoots(root: RootIdentity, cluster: ClusterReader): Promise<LiveRoots> {
  const all = (await cluster.list(
    "kustomize.toolkit.fluxcd.io/v1",
    "Kustomization",
  )) as unknown as readonly LiveKustomization[];
  const own = `${root.namespace}/${root.name}`;
  const formerRoots = all.filter((live) => id(live) !== own && buildsTheSame(live, root));
  const roots = new Set([own, ...formerRoots.map(id)]);
  const others = new Set(all.map(id)).difference(roots);
  const children = all.filter((live) => {
    const owner = ownerOf(live);
    return owner !== undefined && !others.has(owner) && !roots.has(id(live));
  });
  const isOptedOut = ({ metadata }: LiveKustomization): boolean =>
    metadata.labels?.[root.optOutLabel] === "true";
  return {
    root: all.find((live) => id(live) === own),
    formerRoots,
    children: children.filter((child) => !isOptedOut(child)),
    optedOut: children.filter(isOptedOut),
  };
}

/** `namespace/name`. */
export function id({ metadata }: LiveKustomization): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function ownerOf({ metadata }: LiveKustomization): string | undefined {
  const name = metadata.labels?.[OWNER_NAME];
  return name === undefined ? undefined : `${metadata.labels?.[OWNER_NAMESPACE] ?? ""}/${name}`;
}

/** Whether a Kustomization builds the same path from the same source as the root. */
export function buildsTheSame(
  { metadata, spec }: LiveKustomization,
  { path, source }: RootIdentity,
): boolean {
  const { kind, name, namespace = metadata.namespace } = spec.sourceRef;
  return (
    normalisedPath(spec.path ?? "./") === normalisedPath(path) &&
    kind === source.kind &&
    name === source.name &&
    namespace === source.namespace
  );
}

/** `./a/b/`, `a/b` and `./a/b` are the same path. */
function normalisedPath(path: string): string {
  return path.replace(/^\.?\/+/, "").replace(/\/+$/, "");
}
