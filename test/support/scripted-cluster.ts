import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Clock } from "../../staging/clock.ts";
import { REQUESTED_AT } from "../../staging/flux-requests.ts";
import type { MarkableCluster } from "../../staging/update-mark.ts";
import { clusterHolding } from "./cluster.ts";

/** A clock that moves only while code sleeps. */
export class FakeClock implements Clock {
  #now = Date.UTC(2026, 0, 31, 12);

  now(): number {
    return this.#now;
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (this.#now - Date.UTC(2026, 0, 31, 12)) / 1_000;
  }

  /** Moves the clock, as if the machine had been asleep. */
  jump(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number): Promise<void> {
    this.#now += ms;
    return Promise.resolve();
  }
}

/** UID of the namespace kube-system in every scripted cluster. */
export const CLUSTER_UID = "uid-of-the-cluster";

/** A scripted cluster; objects that are applied to it stay until they are deleted. */
export type ScriptedCluster = MarkableCluster & { close(): void };

/**
 * A cluster with the objects that the script returns at each moment; it cannot be reached while the script throws. `services` responds to requests to Services,
 * by path. `answer` stands for Flux: it returns what a controller writes as the last handled request, by default the request itself.
 */
export function scriptedCluster(
  script: () => readonly KubeObject[],
  services: (path: string) => unknown = () => undefined,
  answer: (requested: string) => string | undefined = (requested) => requested,
): ScriptedCluster {
  const system = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "kube-system", uid: CLUSTER_UID },
  };
  const applied = new Map<string, KubeObject>();
  const annotated = new Map<string, Readonly<Record<string, string>>>();
  const live = (object: KubeObject): KubeObject => {
    const annotations = annotated.get(describeObject(object));
    if (annotations === undefined) return object;
    const { [REQUESTED_AT]: requested } = annotations;
    const lastHandledReconcileAt = requested === undefined ? undefined : answer(requested);
    return {
      ...object,
      metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
      ...(lastHandledReconcileAt !== undefined && {
        status: { ...(object.status as object | undefined), lastHandledReconcileAt },
      }),
    };
  };
  const now = () => clusterHolding(system, ...applied.values(), ...script().map(live));
  return {
    context: "edge",
    get: async (reference) => now().get(reference),
    list: async (apiVersion, kind, namespace) => now().list(apiVersion, kind, namespace),
    serves: async (apiVersion, kind) => now().serves(apiVersion, kind),
    apply: async (object, { dryRun = false }) => {
      if (!dryRun) applied.set(describeObject(object), object);
      return (await now().get(object)) ?? object;
    },
    annotate: async (reference, annotations) => {
      const exists = (await now().get(reference)) !== undefined;
      if (exists) annotated.set(describeObject(reference), annotations);
      return exists;
    },
    delete: async (reference) => {
      now();
      applied.delete(describeObject(reference));
      return Promise.resolve();
    },
    read: async (path) => {
      now();
      if (path === "/version") return {};
      if (path === "/apis") return { groups: [] };
      if (path === "/api/v1") return { resources: [] };
      const answer = await services(path);
      if (answer === undefined) throw new EdgefirstError(`GET ${path} on cluster edge: not found (404)`);
      return answer;
    },
    close: () => undefined,
  };
}

/** The script of a cluster that does not respond. */
export function unreachable(): never {
  throw new EdgefirstError("The cluster of context edge cannot be reached at https://x: ECONNREFUSED");
}

/** A status with only this condition. */
export function ready(status: "True" | "False" | "Unknown", message = "") {
  return { conditions: [{ type: "Ready", status, message }] };
}
