import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { checkFluxKinds } from "./crds.ts";
import { unguardedPruning } from "./guards.ts";
import { id, liveRoots, type LiveKustomization } from "./live.ts";
import { childPlacement } from "./placement.ts";
import { desiredFluxRoot, type FluxRootArgs } from "./root.ts";

/**
 * Checks that the cluster's Flux supports what the root needs, and reports problems that only the live cluster shows: children for which the global patches
 * would override a setting, and a root under a former name. Observe mode changes nothing, so errors become warnings.
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
    ...(args.mode === "observe" ? await nothingToObserve(args, cluster) : []),
  ];
}

/** Turns an error into a warning. */
export function asWarning(finding: Finding): Finding {
  return { ...finding, severity: "warning" };
}

function formerRoot(root: LiveKustomization, { name }: FluxRootArgs): Finding {
  const { namespace, name: former } = root.metadata;
  const remove = `kubectl -n ${namespace} delete kustomization.kustomize.toolkit.fluxcd.io ${former}`;
  const guard = `kubectl -n ${namespace} patch kustomization.kustomize.toolkit.fluxcd.io ${former} --type merge -p '{"spec":{"deletionPolicy":"Orphan"}}'`;
  return {
    severity: "warning",
    message: `Kustomization ${id(root)} builds the same path as the root ${name}: both apply the same children, and each undoes what the other does.`,
    hint:
      root.spec.deletionPolicy === "Orphan"
        ? `If it is the root under a former name, delete it (deletionPolicy Orphan keeps its children): ${remove}`
        : `If it is the root under a former name, first make it keep its children: ${guard}; then delete it: ${remove}`,
  };
}

/**
 * Settings of a child that the global patches would override. The patches keep the child's lists (`LIST_KEYS` in patches.ts), except for
 * identical entries in `spec.patches`.
 */
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
      ? "two of its spec.patches are identical, and only the last would be kept"
      : undefined,
    key !== undefined && args.decryptionSecret !== null && key !== args.decryptionSecret
      ? `it decrypts with the Secret ${key}, but the global patch sets ${args.decryptionSecret}`
      : undefined,
    await lostSource(child, args, cluster),
  ];
  return lost
    .filter((loss) => loss !== undefined)
    .map((loss) => ({
      severity: "warning",
      message: `Kustomization ${id(child)} would lose a setting: ${loss}.`,
      hint: `Change it in the repository, or label the child ${args.optOutLabel}: "true" to opt out of the global patches.`,
    }));
}

/**
 * Reports a source that the global patch would replace: the patch sets another namespace, but the child names a namespace itself, or the source exists in the
 * child's own namespace.
 */
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
  return `its source is ${kind} ${namespace}/${name}, but the global patch sets the namespace ${sourceNamespace}`;
}

async function nothingToObserve(args: FluxRootArgs, cluster: ClusterReader): Promise<Finding[]> {
  const live = await Promise.all(desiredFluxRoot(args).map((object) => cluster.get(object)));
  const absent = desiredFluxRoot(args).filter((_, index) => live[index] === undefined);
  return absent.map(({ kind, metadata }: KubeObject) => ({
    severity: "warning",
    message: `edgefirst:flux.root.mode is observe, but ${kind} ${metadata.namespace ?? ""}/${metadata.name} does not exist.`,
    hint: "Check its name and namespace in the configuration, or set edgefirst:flux.root.mode to manage, so that this stack creates it.",
  }));
}
