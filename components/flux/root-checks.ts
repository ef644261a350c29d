import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { checkFluxKinds } from "./crds.ts";
import { unguardedPruning } from "./guards.ts";
import { id, liveRoots, type LiveKustomization } from "./live.ts";
import { childPlacement } from "./placement.ts";
import { desiredFluxRoot, type FluxRootArgs } from "./root.ts";

/**
 * Whether the cluster has the Flux that the root needs, and whom its global patches would touch in a way that is not to be seen from the repository alone:
 * children that lose something of their own, and a root under a former name. Mode observe changes nothing, so there nothing is an error.
 */
export async function checkFluxRoot(args: FluxRootArgs, cluster: ClusterReader): Promise<Finding[]> {
  const kinds = args.installsFlux ? [] : await checkFluxKinds(desiredFluxRoot(args), cluster);
  if (kinds.length > 0) return args.mode === "observe" ? kinds.map(asWarning) : kinds;
  const live = await liveRoots(args, cluster);
  const { formerRoots, children } = live;
  const pruning = unguardedPruning(args, live);
  return [
    ...(args.mode === "observe" ? pruning.map(asWarning) : pruning),
    ...formerRoots.map((root) => formerRoot(root, args)),
    ...(await Promise.all(children.map((child) => losses(child, args, cluster)))).flat(),
    ...(args.mode === "observe" ? await nothingLive(args, cluster) : []),
  ];
}

/** The same finding where it stands in nobody's way. */
export function asWarning(finding: Finding): Finding {
  return { ...finding, severity: "warning" };
}

function formerRoot(root: LiveKustomization, { name }: FluxRootArgs): Finding {
  const { namespace, name: former } = root.metadata;
  const remove = `kubectl -n ${namespace} delete kustomization.kustomize.toolkit.fluxcd.io ${former}`;
  const orphan = `kubectl -n ${namespace} patch kustomization.kustomize.toolkit.fluxcd.io ${former} --type merge -p '{"spec":{"deletionPolicy":"Orphan"}}'`;
  return {
    severity: "warning",
    message: `Kustomization ${id(root)} builds the same path as the root ${name}; both apply the same children over and over.`,
    hint:
      root.spec.deletionPolicy === "Orphan"
        ? `If it is the root under its former name, remove it; it leaves its children alive (deletionPolicy Orphan): ${remove}`
        : `If it is the root under its former name, make it leave its children alive first: ${orphan}; then remove it: ${remove}`,
  };
}

/** What a child has of its own and the global patches would take from it. Its lists they keep (`LIST_KEYS` in flux-patches.ts), but for equal patch texts. */
async function losses(
  child: LiveKustomization,
  args: FluxRootArgs,
  cluster: ClusterReader,
): Promise<Finding[]> {
  const { patches = [], decryption } = child.spec;
  const key = decryption?.secretRef?.name;
  const texts = patches.map(({ patch }) => patch.trim());
  const repeated = texts.some((text, index) => texts.indexOf(text) !== index);
  const hasPatches = args.helmReleases !== undefined || args.apps.rbac === "strict";
  const lost = [
    repeated && hasPatches
      ? "two of its own spec.patches have the same text, and only the last of them would be left"
      : undefined,
    key !== undefined && args.decryptionSecret !== null && key !== args.decryptionSecret
      ? `it decrypts with the Secret ${key}, and the global patch sets ${args.decryptionSecret}`
      : undefined,
    await lostSource(child, args, cluster),
  ];
  return lost
    .filter((loss) => loss !== undefined)
    .map((loss) => ({
      severity: "warning",
      message: `Kustomization ${id(child)} would lose something of its own: ${loss}.`,
      hint: `Change it in the repository, or let the child opt out of the global patches by the label ${args.optOutLabel}: "true" on it.`,
    }));
}

/** A source elsewhere: named explicitly, or there beside the child. */
async function lostSource(
  { metadata, spec }: LiveKustomization,
  args: FluxRootArgs,
  cluster: ClusterReader,
): Promise<string | undefined> {
  const { sourceNamespace } = childPlacement(args.apps, args.source.namespace);
  const { kind, name, namespace = metadata.namespace } = spec.sourceRef;
  if (sourceNamespace === undefined || namespace === sourceNamespace) return undefined;
  const apiVersion = "source.toolkit.fluxcd.io/v1";
  const named = spec.sourceRef.namespace !== undefined;
  if (!named && (await cluster.get({ apiVersion, kind, metadata: { name, namespace } })) === undefined)
    return undefined;
  return `its source is ${kind} ${namespace}/${name}, and the global patch sets the namespace ${sourceNamespace}`;
}

async function nothingLive(args: FluxRootArgs, cluster: ClusterReader): Promise<Finding[]> {
  const live = await Promise.all(desiredFluxRoot(args).map((object) => cluster.get(object)));
  const absent = desiredFluxRoot(args).filter((_, index) => live[index] === undefined);
  return absent.map(({ kind, metadata }: KubeObject) => ({
    severity: "warning",
    message: `edgefirst:flux.root.mode is observe, and ${kind} ${metadata.namespace ?? ""}/${metadata.name} is not there to be observed.`,
    hint: "Check its name and namespace in the configuration, or set the mode to manage: then this stack makes it.",
  }));
}
