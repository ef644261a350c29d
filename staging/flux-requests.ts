import { ApiError } from "../kube/api-error.ts";
import { describeObject, statusOf, type KubeObject } from "../kube/objects.ts";
import { eachAtMost } from "../lib/each-at-most.ts";
import type { MarkableCluster } from "./update-mark.ts";

/**
 * If the value changes, Flux's controller reconciles the object immediately, and copies the value to `status.lastHandledReconcileAt` (fluxcd/pkg,
 * `apis/meta/annotations.go`).
 */
export const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

/** How many requests for each kind may be in progress at the same time, because a cluster may have hundreds of objects. */
const AT_A_TIME = 4;

/**
 * Requests that Flux reconcile the objects that a verification watches, as `flux reconcile` does. A status counts only once its controller has handled the
 * request. An older status says nothing about the update, and the next regular reconciliation may come only after the soak.
 */
export class FluxRequests {
  readonly #cluster: Pick<MarkableCluster, "annotate">;
  readonly #token: string;
  /** The previous value of the annotation on each object for which a request was sent, by UID. */
  readonly #before = new Map<string, string | undefined>();
  /** The kinds for which the request was refused, with the reason for each. */
  readonly #refused = new Map<string, string>();
  #done = false;

  /** @param token different for each verification */
  constructor(cluster: Pick<MarkableCluster, "annotate">, token: string) {
    this.#cluster = cluster;
    this.#token = token;
  }

  /**
   * Sends one request for each object. Objects created later need none, because they have no old status.
   * @throws {EdgefirstError} if the cluster cannot be reached; the next call continues
   */
  async ask(objects: readonly KubeObject[]): Promise<void> {
    if (this.#done) return;
    const kinds = Map.groupBy(objects, ({ kind }) => kind);
    await Promise.all([...kinds].map(([kind, each]) => this.#askKind(kind, each)));
    this.#done = true;
  }

  /** Whether the object's status predates the request. */
  isStale(object: KubeObject): boolean {
    const key = keyOf(object);
    if (!this.#before.has(key)) return false;
    const { lastHandledReconcileAt: handled } = statusOf(object) as { lastHandledReconcileAt?: string };
    if (handled === this.#token) return false;
    // A later request by a person or a webhook replaces this one.
    const requested = object.metadata.annotations?.[REQUESTED_AT];
    return handled === undefined || handled !== requested || requested === this.#before.get(key);
  }

  /** Notes for the evidence, as full sentences: the kinds for which no reconciliation could be requested. */
  get notes(): readonly string[] {
    const [reason] = this.#refused.values();
    if (reason === undefined) return [];
    const kinds = [...this.#refused.keys()].sort().join(", ");
    return [
      `Flux was not asked to reconcile ${kinds}, so their statuses may be older than the update: ${reason}.`,
    ];
  }

  async #askKind(kind: string, objects: readonly KubeObject[]): Promise<void> {
    const open = objects.filter((object) => !this.#before.has(keyOf(object)));
    await eachAtMost(AT_A_TIME, open, async (object) => {
      if (!this.#refused.has(kind)) await this.#askOne(object);
    });
  }

  async #askOne(object: KubeObject): Promise<void> {
    const before = object.metadata.annotations?.[REQUESTED_AT];
    try {
      const exists = await this.#cluster.annotate(object, { [REQUESTED_AT]: this.#token });
      if (exists) this.#before.set(keyOf(object), before);
    } catch (error) {
      if (!(error instanceof ApiError && isRefusal(error))) throw error;
      this.#refused.set(object.kind, error.reason);
    }
  }
}

/** Whether the API server refused the request. An outage and expired credentials do not count as refusals. */
function isRefusal({ status }: ApiError): boolean {
  return status >= 400 && status < 500 && status !== 401 && status !== 408;
}

function keyOf(object: KubeObject): string {
  return typeof object.metadata.uid === "string" ? object.metadata.uid : describeObject(object);
}
