import { setTimeout } from "node:timers/promises";
import type { ClusterReader, ObjectReference } from "../cluster/client.ts";
import { describeObject } from "../cluster/objects.ts";
import { objectHealth, type Health } from "./health.ts";

/** A deployed object and how it fares. */
export interface Observation {
  /** As in `Kustomization flux-system/cluster-apps`. */
  readonly object: string;
  readonly kind: string;
  /** missing: it is not on the cluster. */
  readonly health: Health | { readonly state: "missing"; readonly message: string };
}

/** Options of {@link observe}. */
export interface ObserveOptions {
  /** Milliseconds after which objects on their way are reported as they are. */
  readonly timeoutMs: number;
  /** Kinds whose controller does not run here, so that waiting for them is in vain. */
  readonly unattended?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const POLL_MS = 1_000;

/** Reads each object, again until none is on its way or the time is up. */
export async function observe(
  references: readonly ObjectReference[],
  cluster: ClusterReader,
  options: ObserveOptions,
): Promise<Observation[]> {
  const end = Date.now() + options.timeoutMs;
  for (;;) {
    const observations = await Promise.all(references.map((reference) => look(reference, cluster)));
    const waiting = observations.some(
      ({ kind, health }) => health.state === "progressing" && !options.unattended?.includes(kind),
    );
    if (!waiting || Date.now() > end) return observations;
    await setTimeout(POLL_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function look(reference: ObjectReference, cluster: ClusterReader): Promise<Observation> {
  const live = await cluster.get(reference);
  const object = describeObject(reference);
  if (live === undefined)
    return { object, kind: reference.kind, health: { state: "missing", message: "not on the cluster" } };
  return { object, kind: reference.kind, health: objectHealth(live) };
}
