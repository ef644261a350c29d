import type { EdgefirstError } from "../lib/errors.ts";
import type { Check } from "./checks/check.ts";
import { keyOf, type Before, type Judged, type Look } from "./look.ts";

/** How long to watch. */
export interface Patience {
  /** Milliseconds for which every check must hold without a break. */
  readonly soakMs: number;
  /** Milliseconds after which it has failed. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks. */
  readonly intervalMs: number;
}

/** What is watched, and how. */
export interface WatchArgs extends Patience {
  readonly checks: readonly Check[];
  readonly before: Before;
  /** @param lasting false for a line that the next one may replace */
  readonly progress: (line: string, lasting: boolean) => void;
}

/** How it ended. */
export interface WatchResult {
  /** Milliseconds for which every check held at the end; 0 where it failed. */
  readonly soakMs: number;
  readonly look: Look;
  /** What was wrong at the end; empty where it passed. */
  readonly failures: readonly Judged[];
  /** What was unhealthy before and still is. */
  readonly excused: readonly Judged[];
}

/** For how long an object may be on its way during the soak, where it says nothing itself. */
const PATIENCE_MS = 5 * 60_000;
const HOLDS = "every check holds";

/** What a verification has seen so far, and what it makes of it. */
export class WatchState {
  readonly startedAt: number;
  readonly #args: WatchArgs;
  /** When the soak began; undefined while something is wrong. */
  #soakingSince: number | undefined;
  #lostSince: number | undefined;
  #lost: EdgefirstError | undefined;
  #look: Look = { verdicts: [], sightings: new Map() };
  #failed: readonly Judged[] = [];
  #pending: readonly Judged[] = [];
  #excused: readonly Judged[] = [];
  readonly #pendingSince = new Map<string, number>();
  readonly #revisions = new Map<string, string | undefined>();
  #said = "";

  constructor(args: WatchArgs, now: number) {
    this.#args = args;
    this.startedAt = now;
  }

  /** What need not be looked at again: the steady checks, but when the soak begins and when it ends. */
  earlier(now: number): { look: Look; isDue: (check: Check) => boolean } {
    const since = this.#soakingSince;
    const ending = since !== undefined && now - since >= this.#args.soakMs;
    return { look: this.#look, isDue: ({ steady }) => steady !== true || since === undefined || ending };
  }

  see(look: Look, now: number): void {
    this.#look = look;
    this.#lostSince = undefined;
    this.#lost = undefined;
    this.#sort(this.#withGone(look.verdicts), now);
    const changed = this.#changedRevisions();
    const [broken] = this.#failed;
    if (this.#soakingSince !== undefined && (broken !== undefined || changed.length > 0)) {
      this.#soakingSince = undefined;
      this.#say(
        broken === undefined
          ? `the soak starts again: ${changed.join(", ")} runs another revision`
          : `the soak starts again: ${broken.object}: ${broken.message}`,
      );
    }
    if (this.#failed.length + this.#pending.length === 0) this.#soakingSince ??= now;
    this.#tell(now);
  }

  /** Notes that a look failed; returns for how long none has succeeded, in milliseconds. What nobody saw was no soak. */
  lose(error: EdgefirstError, now: number): number {
    this.#lost = error;
    this.#lostSince ??= now;
    this.#soakingSince = undefined;
    this.#say(`the cluster gives no answer: ${firstLine(error)}`);
    return now - this.#lostSince;
  }

  isDone(now: number): boolean {
    const since = this.#soakingSince;
    const settled = this.#failed.length + this.#pending.length === 0;
    return settled && since !== undefined && now - since >= this.#args.soakMs;
  }

  isHopeless(): boolean {
    const steady = new Set<Judged["check"]>(
      this.#args.checks.filter((check) => check.steady === true).map(({ id }) => id),
    );
    return this.#failed.some(({ check }) => steady.has(check));
  }

  pass(now: number): WatchResult {
    const soakMs = now - (this.#soakingSince ?? now);
    return { soakMs, look: this.#look, failures: [], excused: this.#excused };
  }

  /**
   * The failure that it ended with.
   * @param why it ended, where nothing that is looked at says so
   */
  end(why: string): WatchResult {
    const found = [...this.#failed, ...this.#pending];
    const message = this.#lost === undefined ? why : `${why}: ${firstLine(this.#lost)}`;
    const soak: Judged = { check: "soak", object: "the soak", state: "failed", message, own: true };
    const failures = found.length === 0 || this.#lost !== undefined ? [...found, soak] : found;
    return { soakMs: 0, look: this.#look, failures, excused: this.#excused };
  }

  /** Objects that were well before the update and are not there any more, unless one of the same kind and name is elsewhere. */
  #withGone(verdicts: readonly Judged[]): readonly Judged[] {
    const keeping = new Set<Judged["check"]>(
      this.#args.checks.filter(({ keeps }) => keeps === true).map(({ id }) => id),
    );
    const here = new Set(verdicts.map(keyOf));
    const names = new Set(verdicts.map(({ object }) => withoutNamespace(object)));
    const gone = this.#args.before.look.verdicts
      .filter((verdict) => keeping.has(verdict.check) && verdict.state === "held" && !verdict.own)
      .filter((verdict) => !here.has(keyOf(verdict)) && !names.has(withoutNamespace(verdict.object)))
      .map((verdict): Judged => ({
        ...verdict,
        state: "failed",
        message:
          "was healthy before the update and is gone; if the repository removed it meanwhile, run `up` again",
      }));
    return [...verdicts, ...gone];
  }

  #sort(verdicts: readonly Judged[], now: number): void {
    const { look, blamed } = this.#args.before;
    const failedBefore = new Set(look.verdicts.filter(({ state }) => state === "failed").map(keyOf));
    const isExcused = (verdict: Judged): boolean =>
      !verdict.own && failedBefore.has(keyOf(verdict)) && !blamed.has(keyOf(verdict));
    const failed = verdicts.filter(({ state }) => state === "failed");
    const pending = verdicts.filter(({ state }) => state === "pending");
    for (const key of this.#pendingSince.keys())
      if (!pending.some((verdict) => keyOf(verdict) === key)) this.#pendingSince.delete(key);
    const late = pending.filter((verdict) => {
      const since = this.#pendingSince.get(keyOf(verdict)) ?? now;
      this.#pendingSince.set(keyOf(verdict), since);
      return now - since > (verdict.patienceMs ?? PATIENCE_MS);
    });
    this.#excused = failed.filter(isExcused);
    this.#failed = [...failed.filter((verdict) => !isExcused(verdict)), ...late];
    this.#pending = pending.filter((verdict) => !late.includes(verdict));
  }

  #changedRevisions(): string[] {
    const changed: string[] = [];
    for (const verdict of this.#look.verdicts) {
      const key = keyOf(verdict);
      if (this.#revisions.has(key) && this.#revisions.get(key) !== verdict.revision)
        changed.push(verdict.object);
      this.#revisions.set(key, verdict.revision);
    }
    return changed;
  }

  #tell(now: number): void {
    const open = [...this.#failed, ...this.#pending];
    const [first] = open;
    if (first !== undefined) {
      const waiting = new Set(open.map(({ check }) => check)).size;
      const held = this.#args.checks.length - waiting;
      const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
      this.#say(
        `${held} of ${this.#args.checks.length} checks hold; waiting for ${first.object}: ${first.message}${more}`,
      );
      return;
    }
    const left = Math.max(0, this.#args.soakMs - (now - (this.#soakingSince ?? now)));
    if (this.#args.soakMs === 0) {
      this.#say(HOLDS);
      return;
    }
    // What was on its way at the same revision was no end of the soak.
    if (!this.#said.startsWith(HOLDS))
      this.#say(`${HOLDS}; the soak ${this.#soakingSince === now ? "has begun" : "goes on"}`);
    this.#args.progress(`${HOLDS}; ${Math.ceil(left / 1_000)} s of soak left`, false);
  }

  #say(line: string): void {
    if (line === this.#said) return;
    this.#said = line;
    this.#args.progress(line, true);
  }
}

function withoutNamespace(object: string): string {
  return object.replace(/ .*\//, " ");
}

function firstLine({ message }: Error): string {
  return message.split("\n")[0] ?? "";
}
