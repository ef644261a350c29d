import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Condition, type PodStatus } from "../agent/pod.ts";

const RETRY_MS = 1_000;

/** What {@link StatusReporter} works with. */
export interface StatusReporterArgs {
  /** The status as it is now. */
  readonly status: () => PodStatus;
  readonly write: (status: PodStatus) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Writes a pod's status whenever it changed: one write at a time, several changes of one moment together, again after a failure. */
export class StatusReporter {
  readonly #args: StatusReporterArgs;
  #writing: Promise<void> | undefined;
  #again = false;
  #silent = false;
  #written: PodStatus | undefined;

  constructor(args: StatusReporterArgs) {
    this.#args = args;
  }

  /** Has the status written, if it is another one than was written last. */
  report(): void {
    this.#again = true;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Has the status written again where the live one has other conditions than the last one that was written: somebody else has set them. */
  compare({ conditions = [] }: Pick<PodStatus, "conditions">): void {
    const isThere = ({ type, status }: Condition): boolean =>
      conditions.some((live) => live.type === type && live.status === status);
    if (this.#written?.conditions?.every(isThere) === false) this.#written = undefined;
  }

  /** Writes nothing from now on. */
  silence(): void {
    this.#silent = true;
  }

  /** Resolves when the last change has been written. */
  async done(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Changes of one moment come together.
    await Promise.resolve();
    while (this.#again && !this.#silent) {
      this.#again = false;
      const status = this.#args.status();
      if (isDeepStrictEqual(status, this.#written)) continue;
      try {
        await this.#args.write(status);
        this.#written = status;
      } catch (error) {
        this.#args.failed(error);
        this.#again = true;
        await delay(RETRY_MS);
      }
    }
  }
}
