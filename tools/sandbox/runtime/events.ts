import type { ApiServer } from "../../../kube/api-server.ts";
import { timestamp } from "../agent/node.ts";
import { type RealPod } from "./pod-spec.ts";

/** An event about a pod. */
export interface PodEvent {
  readonly type: "Normal" | "Warning";
  /** In CamelCase, such as `BackOff`. */
  readonly reason: string;
  readonly message: string;
  /** The container that the event is about. */
  readonly container?: string | undefined;
}

/** Reports pod events as a kubelet does: repeated events increase a count instead of being written again. */
export class PodEvents {
  readonly #api: ApiServer;
  readonly #node: string;
  readonly #log: (line: string) => void;
  readonly #counts = new Map<string, { name: string; count: number }>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(api: ApiServer, node: string, log: (line: string) => void) {
    this.#api = api;
    this.#node = node;
    this.#log = log;
  }

  /** Reports an event; if that fails, logs the failure. */
  report(pod: RealPod, { type, reason, message, container }: PodEvent): void {
    const { name, namespace, uid } = pod.metadata;
    const key = [uid, type, reason, message, container].join("\0");
    const path = `/api/v1/namespaces/${namespace}/events`;
    const now = timestamp();
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count++;
      const body = { count: known.count, lastTimestamp: now };
      this.#send("PATCH", `${path}/${known.name}`, { body, contentType: "application/merge-patch+json" });
      return;
    }
    const event = `${name}.${crypto.randomUUID().slice(0, 13)}`;
    this.#counts.set(key, { name: event, count: 1 });
    const body = {
      metadata: { name: event, namespace },
      involvedObject: {
        apiVersion: "v1",
        kind: "Pod",
        name,
        namespace,
        uid,
        ...(container !== undefined && { fieldPath: `spec.containers{${container}}` }),
      },
      type,
      reason,
      message,
      source: { component: "edgefirst-agent", host: this.#node },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    this.#send("POST", path, { body });
  }

  /** Forgets the events of a pod that is gone. */
  forget(uid: string): void {
    for (const key of this.#counts.keys()) if (key.startsWith(`${uid}\0`)) this.#counts.delete(key);
  }

  #send(method: string, path: string, options: { body: unknown; contentType?: string }): void {
    this.#queue = this.#queue
      .then(() => this.#api.call(method, path, options))
      .catch((error: unknown) => {
        this.#log(`event: ${String(error)}`);
      });
  }
}
