import { type PodStatus } from "../agent/pod.ts";
import { type PodPlace } from "./pod-place.ts";
import { canRun } from "./images.ts";
import { type ContainerProcess, PodRunner } from "./pod-runner.ts";
import { type RealPod } from "./pod-spec.ts";
import { type RuntimeContext } from "./preparation.ts";

/** Writes a pod's status to the API server. */
export type ReportStatus = (pod: RealPod, status: PodStatus) => Promise<void>;

/** The pods on a node that run as processes. */
export class PodRuntime {
  readonly #runners = new Map<string, PodRunner>();
  readonly #context: RuntimeContext;
  readonly #report: ReportStatus;

  constructor(context: RuntimeContext, report: ReportStatus) {
    this.#context = context;
    this.#report = report;
  }

  /** Whether the pod can run as processes. */
  takes(pod: RealPod): boolean {
    return canRun(pod);
  }

  /** Starts a pod, or updates a running one. */
  serve(pod: RealPod, place: PodPlace): void {
    const { uid } = pod.metadata;
    const runner = this.#runners.get(uid);
    if (runner !== undefined) runner.update(pod);
    else this.#runners.set(uid, new PodRunner(pod, place, this.#context, this.#report));
  }

  /** Stops a pod within its grace period, in seconds, and removes everything that belongs to it. */
  async end(uid: string, graceSeconds: number): Promise<void> {
    const runner = this.#runners.get(uid);
    if (runner === undefined) return;
    await runner.stop(graceSeconds);
    this.#runners.delete(uid);
  }

  /** Stops a pod's processes but leaves its status unchanged for the next agent. */
  async interrupt(uid: string): Promise<void> {
    await this.#runners.get(uid)?.interrupt();
  }

  /** The running containers of all pods. */
  get processes(): readonly ContainerProcess[] {
    return [...this.#runners.values()].flatMap((runner) => runner.processes);
  }

  /** The UIDs of the running pods. */
  get uids(): readonly string[] {
    return [...this.#runners.keys()];
  }
}
