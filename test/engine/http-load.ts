/** The answers to a load. */
export interface LoadResult {
  readonly requests: number;
  /** How often each status or error was seen. */
  readonly answers: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly median: number;
  readonly slowest: number;
  /** The first requests that failed, each with the second in which it was sent. */
  readonly failures: readonly string[];
}

/** An answer; status 0 if there is none. */
interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends requests at a fixed rate, whether or not earlier ones have been answered, until it is stopped. */
export class HttpLoad {
  readonly #pending = new Set<Promise<void>>();
  readonly #answers: Record<string, number> = {};
  readonly #durations: number[] = [];
  readonly #failures: string[] = [];
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  constructor(perSecond: number, send: (index: number) => Promise<Answer>) {
    this.#timer = setInterval(() => {
      // A timer that fires late makes up for it.
      const due = ((performance.now() - this.#began) * perSecond) / 1000;
      while (this.#sent < due) this.#track(send(this.#sent++));
    }, 1000 / perSecond);
  }

  /** Stops, and waits for the open requests. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    const durations = this.#durations.sort((a, b) => a - b);
    return {
      requests: durations.length,
      answers: this.#answers,
      median: Math.round(durations[durations.length >> 1] ?? 0),
      slowest: Math.round(durations.at(-1) ?? 0),
      failures: this.#failures,
    };
  }

  #track(answer: Promise<Answer>): void {
    const began = performance.now();
    const counted = answer.then(({ status, body }) => {
      this.#durations.push(performance.now() - began);
      this.#answers[status] = (this.#answers[status] ?? 0) + 1;
      if ((status === 0 || status >= 400) && this.#failures.length < 20)
        this.#failures.push(
          `${((began - this.#began) / 1000).toFixed(1)} s: ${status} ${body.slice(0, 100)}`,
        );
    });
    this.#pending.add(counted);
    void counted.finally(() => this.#pending.delete(counted));
  }
}
