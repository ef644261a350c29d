import type { LiveCluster } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Clock } from "../../staging/clock.ts";
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

  sleep(ms: number): Promise<void> {
    this.#now += ms;
    return Promise.resolve();
  }
}

/** UID of the namespace kube-system of every scripted cluster. */
export const CLUSTER_UID = "uid-of-the-cluster";

/**
 * A cluster that holds the objects that the script returns at each moment; it cannot be reached while the script throws. A dry run changes nothing, and
 * `services` answers requests to Services by path.
 */
export function scriptedCluster(
  script: () => readonly KubeObject[],
  services: (path: string) => unknown = () => undefined,
): LiveCluster & { close(): void } {
  const system = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "kube-system", uid: CLUSTER_UID },
  };
  const now = () => clusterHolding(system, ...script());
  return {
    context: "edge",
    get: async (reference) => now().get(reference),
    list: async (...args) => now().list(...args),
    serves: async (...args) => now().serves(...args),
    apply: async (object) => (await now().get(object)) ?? object,
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

/** The script of a cluster that does not answer. */
export function unreachable(): never {
  throw new EdgefirstError("The cluster of context edge cannot be reached at https://x: ECONNREFUSED");
}

/** A status with just this condition. */
export function ready(status: "True" | "False" | "Unknown", message = "") {
  return { conditions: [{ type: "Ready", status, message }] };
}
