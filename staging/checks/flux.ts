import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { parseDuration } from "../../lib/duration.ts";
import type { FluxRequests } from "../flux-requests.ts";
import { verdictOf, type Check, type StackOnCluster, type Verdict } from "./check.ts";

const SOURCE_API = "source.toolkit.fluxcd.io/v1";
const KINDS: readonly (readonly [apiVersion: string, kind: string])[] = [
  [SOURCE_API, "GitRepository"],
  [SOURCE_API, "OCIRepository"],
  [SOURCE_API, "HelmRepository"],
  [SOURCE_API, "HelmChart"],
  ["kustomize.toolkit.fluxcd.io/v1", "Kustomization"],
  ["helm.toolkit.fluxcd.io/v2", "HelmRelease"],
];

/** Kinds that apply the revision of a source. */
const RUNNERS: ReadonlySet<string> = new Set(["Kustomization", "HelmRelease"]);
const STALE = "Flux has not reconciled it since the update";

interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

interface FluxObject extends KubeObject {
  readonly spec?: {
    readonly suspend?: boolean;
    readonly type?: string;
    readonly timeout?: string;
    readonly sourceRef?: Reference;
    readonly chartRef?: Reference;
  };
  readonly status?: {
    readonly artifact?: { readonly revision: string };
    readonly lastAppliedRevision?: string;
    readonly lastAttemptedRevision?: string;
    readonly lastAttemptedRevisionDigest?: string;
    /** `namespace/name` of the HelmChart that helm-controller created for the release. */
    readonly helmChart?: string;
  };
}

/** Arguments of {@link fluxCheck}. */
export interface FluxCheckArgs extends StackOnCluster {
  /** Ensures that only statuses newer than the update count. Absent if the check must not write to the cluster: in a gate, or for another stack. */
  readonly requests?: FluxRequests | undefined;
}

/**
 * Checks that every Flux source, Kustomization and HelmRelease on the cluster is ready, has its source's revision, and has been reconciled since the update.
 */
export function fluxCheck({ cluster, stack, requests }: FluxCheckArgs): Check {
  return {
    id: "flux",
    // helm-controller deletes a HelmChart when its release moves to an OCI chart.
    keeps: (object) => !object.startsWith("HelmChart "),
    run: async () => {
      const lists = await Promise.all(KINDS.map(([apiVersion, kind]) => cluster.list(apiVersion, kind)));
      const objects = (lists.flat() as FluxObject[]).filter(hasStatus);
      const byName = new Map(objects.map((object) => [describeObject(object), object] as const));
      await requests?.ask(objects.filter(({ spec }) => spec?.suspend !== true));
      const judge = (object: FluxObject): Verdict => {
        const found = verdict(object, stack, byName);
        const isStale = found.state === "held" && requests?.isStale(object) === true;
        return isStale ? { ...found, state: "pending", message: STALE } : found;
      };
      return { verdicts: objects.map(judge), notes: requests?.notes ?? [] };
    },
  };
}

/** No controller reconciles a HelmRepository of type `oci`, so it has no status. */
function hasStatus({ kind, spec }: FluxObject): boolean {
  return kind !== "HelmRepository" || spec?.type !== "oci";
}

function verdict(object: FluxObject, stack: string, known: ReadonlyMap<string, FluxObject>): Verdict {
  const found = {
    ...verdictOf(object, stack),
    // The new revision of a source matters only once something applies it, and many sources change without being used.
    revision: RUNNERS.has(object.kind) ? revisionOf(object) : undefined,
    pendingMs: object.spec?.timeout === undefined ? undefined : parseDuration(object.spec.timeout),
  };
  if (object.spec?.suspend === true) return { ...found, state: "skipped", message: "is suspended" };
  const source = sourceOf(object);
  const wanted = source === undefined ? undefined : known.get(source)?.status?.artifact?.revision;
  if (found.state !== "held" || source === undefined || wanted === undefined) return found;
  if (runs(object, wanted)) return found;
  const message = `is at ${found.revision ?? "no revision"}, but ${source} is at ${wanted}`;
  return { ...found, state: "pending", message };
}

function revisionOf({ status }: FluxObject): string | undefined {
  return status?.artifact?.revision ?? status?.lastAppliedRevision ?? status?.lastAttemptedRevision;
}

/** The source whose revision a Kustomization or a HelmRelease should have. */
function sourceOf({ kind, metadata, spec, status }: FluxObject): string | undefined {
  const { namespace = "" } = metadata;
  const reference = kind === "Kustomization" ? spec?.sourceRef : spec?.chartRef;
  if (reference !== undefined)
    return `${reference.kind} ${reference.namespace ?? namespace}/${reference.name}`;
  return kind === "HelmRelease" && status?.helmChart !== undefined
    ? `HelmChart ${status.helmChart}`
    : undefined;
}

/** For an OCI chart, compare the digest: helm-controller records it next to the chart's version, which may differ from the tag. */
function runs({ kind, status }: FluxObject, wanted: string): boolean {
  if (kind === "Kustomization") return status?.lastAppliedRevision === wanted;
  const digest = status?.lastAttemptedRevisionDigest;
  if (digest !== undefined && digest !== "") return wanted.endsWith(digest);
  return status?.lastAttemptedRevision === wanted;
}
