import type { JobCheck } from "../../config/own-checks.ts";
import { ApiError } from "../../kube/api-error.ts";
import { describeObject, statusOf, type KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { MarkableCluster } from "../update-mark.ts";
import type { Verdict } from "./check.ts";
import { CHECK_LABEL, checkOwner, jobObject, jobOutcome } from "./job-object.ts";

/** Arguments of a {@link JobRun}. */
export interface JobRunArgs {
  readonly cluster: MarkableCluster;
  readonly project: string;
  readonly stack: string;
  readonly release: string;
  readonly progress: (line: string, lasting: boolean) => void;
}

const FIELD_MANAGER = "edgefirst-check";
const LOG_LINES = 10;

/** Runs the Job of one check until it succeeds, or until no attempts are left. */
export class JobRun {
  readonly #args: JobRunArgs;
  readonly #name: string;
  readonly #settings: JobCheck;
  #job: KubeObject | undefined;
  #failures = 0;
  #started = false;
  #isDone = false;

  constructor(args: JobRunArgs, name: string, settings: JobCheck) {
    this.#args = args;
    this.#name = name;
    this.#settings = settings;
  }

  /** Whether the Job has succeeded since the last {@link reset}. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The verdict before the Job has run. */
  get waiting(): Verdict {
    return this.#say("pending", "waits until all other checks hold");
  }

  /** Lets the Job run again. */
  reset(): void {
    this.#isDone = false;
    this.#failures = 0;
  }

  /**
   * Starts an attempt, or checks the one in progress.
   * @throws {EdgefirstError} if the cluster cannot be reached
   */
  async look(): Promise<Verdict> {
    if (this.#isDone) return this.#say("held", "");
    if (this.#failures >= this.#settings.attempts) return this.#failed("no attempts are left");
    if (this.#job === undefined) return this.#start();
    const live = await this.#args.cluster.get(this.#job);
    const { state, message } =
      live === undefined ? { state: "failed", message: "the Job was deleted" } : jobOutcome(live);
    if (state === "running") return this.#say("pending", `attempt ${this.#failures + 1} is running`);
    if (state === "succeeded") {
      await this.remove();
      this.#isDone = true;
      return this.#say("held", "");
    }
    const reason = await this.#reasonOf(this.#job, message);
    await this.remove();
    this.#failures++;
    return this.#failed(reason);
  }

  /** Deletes the Job in progress, if there is one. */
  async remove(): Promise<void> {
    const job = this.#job;
    if (job === undefined) return;
    this.#job = undefined;
    await this.#delete(job);
  }

  async #start(): Promise<Verdict> {
    if (!this.#started) await this.#removeAbandoned();
    this.#started = true;
    const { cluster } = this.#args;
    let attempt = this.#failures + 1;
    let job = this.#jobOf(attempt);
    // Kubernetes may still be deleting an earlier Job with this name.
    while ((await cluster.get(job)) !== undefined) job = this.#jobOf(++attempt);
    try {
      await cluster.apply(job, { fieldManager: FIELD_MANAGER });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500 || error.status === 401) throw error;
      return { ...this.#say("failed", `cannot be created: ${error.reason}`), final: true };
    }
    this.#job = job;
    return this.#say("pending", `attempt ${this.#failures + 1} is running`);
  }

  #jobOf(attempt: number): KubeObject {
    const { project, stack, release } = this.#args;
    return jobObject({ project, stack, release, name: this.#name, attempt }, this.#settings);
  }

  /** Deletes the Jobs that a killed verification left behind. */
  async #removeAbandoned(): Promise<void> {
    const { cluster } = this.#args;
    const jobs = await cluster.list("batch/v1", "Job", this.#settings.namespace);
    const owner = checkOwner(this.#args);
    const abandoned = jobs.filter(
      ({ metadata }) =>
        metadata.labels?.[CHECK_LABEL] === owner &&
        metadata.name.startsWith(`edgefirst-${this.#name}-`) &&
        metadata.deletionTimestamp === undefined,
    );
    await Promise.all(abandoned.map((job) => this.#delete(job)));
  }

  async #delete(job: KubeObject): Promise<void> {
    try {
      await this.#args.cluster.delete(job);
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      this.#args.progress(
        `could not delete ${describeObject(job)}, which Kubernetes will delete an hour after it finishes: ${error.message}`,
        true,
      );
    }
  }

  /**
   * The exit code of the Job's pod, or `message` if there is none. Also prints the end of the pod's log, which is not part of the reason: evidence must not
   * contain secrets.
   */
  async #reasonOf(job: KubeObject, message: string): Promise<string> {
    const { namespace = "", name } = job.metadata;
    const { cluster, progress } = this.#args;
    try {
      const pods = await cluster.list("v1", "Pod", namespace);
      const pod = pods.find(({ metadata }) => metadata.labels?.["batch.kubernetes.io/job-name"] === name);
      if (pod === undefined) return message;
      const log = await cluster.read(
        `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/log?tailLines=${LOG_LINES}`,
      );
      if (typeof log === "string" && log !== "")
        progress(`the end of the log of ${describeObject(pod)}:\n${log}`, true);
      const code = exitCodeOf(pod);
      return code === undefined ? message : `exit code ${code}`;
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      return message;
    }
  }

  #failed(reason: string): Verdict {
    const { attempts } = this.#settings;
    const verdict = this.#say("failed", `attempt ${this.#failures} of ${attempts} failed: ${reason}`);
    return this.#failures < attempts ? verdict : { ...verdict, final: true };
  }

  #say(state: Verdict["state"], message: string): Verdict {
    // The Job's own timeout ends an attempt, so the verdict may be pending without limit.
    return { object: `Job check ${this.#name}`, state, message, own: true, pendingMs: Infinity };
  }
}

function exitCodeOf(pod: KubeObject): number | undefined {
  const { containerStatuses = [] } = statusOf(pod) as {
    containerStatuses?: { state?: { terminated?: { exitCode: number } } }[];
  };
  return containerStatuses.find(({ state }) => state?.terminated !== undefined)?.state?.terminated?.exitCode;
}
