import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Condition, type PodStatus } from "../agent/pod.ts";

const RETRY_MS = 1_000;

/** Arguments of {@link StatusReporter}. */
export interface StatusReporterArgs {
  /** The current status. */
  readonly status: () => PodStatus;
  readonly write: (status: PodStatus) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Writes a pod's status when it changes: one write at a time, with retries; simultaneous changes become one write. */
export class StatusReporter {
  readonly #args: StatusReporterArgs;
  #writing: Promise<void> | undefined;
  #again = false;
  #silent = false;
  /** The last status written, or the one being written. */
  #written: PodStatus | undefined;

  constructor(args: StatusReporterArgs) {
    this.#args = args;
  }

  /** Writes the status if it differs from the last one written. */
  report(): void {
    this.#again = true;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /**
   * Forgets the last status written if the live status has other conditions, because then another writer has changed it. The
   * event that shows that may arrive before the response to our own write.
   */
  compare({ conditions = [] }: Pick<PodStatus, "conditions">): void {
    const isLive = ({ type, status }: Condition): boolean =>
      conditions.some((live) => live.type === type && live.status === status);
    if (this.#written?.conditions?.every(isLive) === false) this.#written = undefined;
  }

  /** Stops writing. */
  silence(): void {
    this.#silent = true;
  }

  /** Resolves once the last change is written. */
  async done(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Collects simultaneous changes.
    await Promise.resolve();
    while (this.#again && !this.#silent) {
      this.#again = false;
      const status = this.#args.status();
      if (isDeepStrictEqual(status, this.#written)) continue;
      this.#written = status;
      try {
        await this.#args.write(status);
      } catch (error) {
        this.#written = undefined;
        this.#args.failed(error);
        this.#again = true;
        await delay(RETRY_MS);
      }
    }
  }
}
