import type { EdgefirstError } from "../lib/errors.ts";
import { NO_ROUND, verdictKey, type CheckRound, type CheckVerdict } from "./check-round.ts";
import type { Check } from "./checks/check.ts";
import { goneObjects, type GoneArgs } from "./gone-objects.ts";

/** How long to watch, in milliseconds. */
export interface WatchTiming {
  /** How long every check must hold without interruption. */
  readonly soakMs: number;
  /** How long the watch may take before it fails. */
  readonly timeoutMs: number;
  /** Pause between two rounds of checks. */
  readonly intervalMs: number;
  /** How long the cluster may be unreachable before the watch ends without a result. */
  readonly outageMs: number;
}

/** Arguments of a watch. */
export interface WatchArgs extends GoneArgs {
  readonly checks: readonly Check[];
  readonly timing: WatchTiming;
  /** @param lasting false for a line that the next line may replace */
  readonly progress: (line: string, lasting: boolean) => void;
  /** Called as soon as an excused object has been healthy, with the keys of all such objects. */
  readonly onRecovery?: ((recovered: ReadonlySet<string>) => Promise<void>) | undefined;
}

/** How a watch ended. */
export interface WatchResult {
  /** For how many milliseconds every check had held at the end; 0 if the watch failed. */
  readonly soakMs: number;
  readonly round: CheckRound;
  /** Why the watch ended without a result; if set, it neither passed nor failed. */
  readonly inconclusive?: string;
  /** The failures at the end; empty if the watch passed. */
  readonly failures: readonly CheckVerdict[];
  /** Objects that were unhealthy before the update and still are. */
  readonly excused: readonly CheckVerdict[];
  /** Keys of objects that were unhealthy before the update and have been healthy since. */
  readonly recovered: ReadonlySet<string>;
  /** Expected objects that are gone for a reason, which is in the message. */
  readonly removed: readonly CheckVerdict[];
}

/** How long an object may be pending during the soak if it does not set a timeout itself. */
const PENDING_MS = 5 * 60_000;
const HOLDS = "every check holds";
/** Pauses between rounds up to this length, or up to three intervals if longer, count as observed. */
const OBSERVED_MS = 10_000;
/** A round that takes longer does not count as continuous observation. Each request times out after a few seconds. */
const ROUND_MS = 30_000;

/** The results of the checks so far, and the progress of the soak. */
export class WatchState {
  readonly startedAt: number;
  readonly #args: WatchArgs;
  /** When the soak began; undefined while any check does not hold. */
  #soakingSince: number | undefined;
  /** Why the soak last began again, if the reason was not an object; an update must not be blamed for it. */
  #interruption: string | undefined;
  /** When the last round ended. */
  #observedUntil: number | undefined;
  /** Milliseconds in which nothing was observed, which do not count towards the timeout. */
  #unobservedMs = 0;
  #unreachableSince: number | undefined;
  #outage: EdgefirstError | undefined;
  #round: CheckRound = NO_ROUND;
  #failed: readonly CheckVerdict[] = [];
  #pending: readonly CheckVerdict[] = [];
  #excused: readonly CheckVerdict[] = [];
  #removed: readonly CheckVerdict[] = [];
  /** Formerly excused objects that have been healthy since, and are therefore no longer excused. */
  readonly #recovered = new Set<string>();
  #knownRecovered = 0;
  readonly #pendingSince = new Map<string, number>();
  readonly #revisions = new Map<string, string | undefined>();
  #reported = "";

  constructor(args: WatchArgs, now: number) {
    this.#args = args;
    this.startedAt = now;
  }

  /** The previous round, and which checks have to run again. Steady checks run only when the soak begins and when it ends. */
  reusable(now: number): { round: CheckRound; isDue: (check: Check) => boolean } {
    const since = this.#soakingSince;
    const ending = since !== undefined && now - since >= this.#args.timing.soakMs;
    const isDue = ({ id, steady, whenOthersHold }: Check): boolean =>
      (steady !== true || since === undefined || ending) &&
      (whenOthersHold === undefined || this.#othersHold(id));
    return { round: this.#round, isDue };
  }

  #othersHold(id: Check["id"]): boolean {
    const open = [...this.#failed, ...this.#pending];
    return this.#round !== NO_ROUND && open.every(({ check }) => check === id);
  }

  /** Ends the soak if the clock was set back, or if nothing was observed for much longer than the interval, for example because a laptop was asleep. */
  resume(now: number): void {
    const since = this.#observedUntil ?? now;
    const allowed = Math.max(3 * this.#args.timing.intervalMs, OBSERVED_MS);
    if (now < since || now - since > allowed) this.#recordGap(now - since);
  }

  /** The remaining time, in milliseconds. */
  left(now: number): number {
    return this.startedAt + this.#args.timing.timeoutMs + this.#unobservedMs - now;
  }

  /** Records a round that lasted from `began` to `ended`. @returns the time that the round represents: its start, or its end if there was a gap */
  record(round: CheckRound, began: number, ended = began): number {
    this.#observedUntil = ended;
    const hasGap = ended < began || ended - began > ROUND_MS;
    if (hasGap) this.#recordGap(ended - began);
    const now = hasGap ? ended : began;
    this.#round = round;
    this.#unreachableSince = undefined;
    this.#outage = undefined;
    const gone = goneObjects(this.#args, round);
    this.#removed = gone.filter(({ state }) => state === "skipped");
    this.#sort([...round.verdicts, ...gone], now);
    const changed = this.#changedRevisions();
    const [broken] = this.#failed;
    if (this.#soakingSince !== undefined && (broken !== undefined || changed.length > 0)) {
      this.#soakingSince = undefined;
      this.#interruption = undefined;
      this.#report(
        broken === undefined
          ? `the soak starts again: the revision of ${changed.join(", ")} changed`
          : `the soak starts again: ${broken.object}: ${broken.message}`,
      );
    }
    // The soak begins at the end of the round, because a slow round may have read an object only then. A round with a gap does not begin a soak, because it
    // read some objects before the gap.
    if (this.#failed.length + this.#pending.length === 0 && !hasGap) this.#soakingSince ??= ended;
    this.#reportProgress(now);
    return now;
  }

  /** Records a round in which the cluster could not be reached. Unobserved time does not count as soak. @returns milliseconds since the outage began */
  recordOutage(error: EdgefirstError, now: number): number {
    this.#outage = error;
    this.#observedUntil = now;
    this.#unreachableSince ??= now;
    this.#interruptSoak("the cluster did not respond");
    this.#report(`the cluster does not respond: ${firstLine(error)}`);
    return now - this.#unreachableSince;
  }

  hasPassed(now: number): boolean {
    const since = this.#soakingSince;
    const settled = this.#failed.length + this.#pending.length === 0;
    return settled && since !== undefined && Math.max(0, now - since) >= this.#args.timing.soakMs;
  }

  cannotRecover(): boolean {
    // A check that runs again once all others hold may still succeed.
    const steady = this.#checksWhere((check) => check.steady === true && check.whenOthersHold === undefined);
    return this.#failed.some(({ check, final }) => final === true || steady.has(check));
  }

  pass(now: number): WatchResult {
    const soakMs = Math.max(0, now - (this.#soakingSince ?? now));
    return this.#result(soakMs, []);
  }

  /**
   * Ends the watch as failed, or without a result if no object fails and the soak was interrupted.
   * @param reason why the watch ended; reported if no object fails
   */
  fail(reason: string): WatchResult {
    if (this.#outage !== undefined) return this.giveUp(reason);
    const found = [...this.#failed, ...this.#pending];
    if (found.length === 0 && this.#interruption !== undefined)
      return this.giveUp(`${reason}; it began again because ${this.#interruption}`);
    const soak: CheckVerdict = {
      check: "soak",
      object: "the soak",
      state: "failed",
      message: reason,
      own: true,
    };
    return this.#result(0, found.length === 0 ? [soak] : found);
  }

  /** Ends the watch without a result. */
  giveUp(reason: string): WatchResult {
    const inconclusive = this.#outage === undefined ? reason : `${reason}: ${firstLine(this.#outage)}`;
    return { ...this.#result(0, [...this.#failed, ...this.#pending]), inconclusive };
  }

  #result(soakMs: number, failures: readonly CheckVerdict[]): WatchResult {
    return {
      soakMs,
      failures,
      round: this.#round,
      excused: this.#excused,
      recovered: this.#recovered,
      removed: this.#removed,
    };
  }

  #recordGap(ms: number): void {
    this.#unobservedMs += ms;
    const why = ms < 0 ? "the clock was set back" : `nothing was observed for ${Math.round(ms / 1_000)} s`;
    if (this.#interruptSoak(why)) this.#report(`the soak starts again: ${why}`);
  }

  /** @returns whether there was a soak to interrupt */
  #interruptSoak(why: string): boolean {
    if (this.#soakingSince === undefined) return false;
    this.#soakingSince = undefined;
    this.#interruption = why;
    return true;
  }

  /** The keys of excused objects that have been healthy; undefined if there are no new ones since the last call. */
  newlyRecovered(): ReadonlySet<string> | undefined {
    if (this.#recovered.size === this.#knownRecovered) return undefined;
    this.#knownRecovered = this.#recovered.size;
    return this.#recovered;
  }

  #checksWhere(test: (check: Check) => boolean): Set<CheckVerdict["check"]> {
    return new Set(this.#args.checks.filter(test).map(({ id }) => id));
  }

  #sort(verdicts: readonly CheckVerdict[], now: number): void {
    const failed = verdicts.filter(({ state }) => state === "failed");
    const pending = verdicts.filter(({ state }) => state === "pending");
    const { excused } = this.#args.baseline;
    for (const verdict of verdicts)
      if (verdict.state === "held" && excused.has(verdictKey(verdict)))
        this.#recovered.add(verdictKey(verdict));
    const isExcused = (verdict: CheckVerdict): boolean =>
      !verdict.own && excused.has(verdictKey(verdict)) && !this.#recovered.has(verdictKey(verdict));
    const late = this.#late(pending, now);
    this.#excused = failed.filter(isExcused);
    this.#failed = [...failed.filter((verdict) => !isExcused(verdict)), ...late];
    this.#pending = pending.filter((verdict) => !late.includes(verdict));
  }

  /** The objects that have been pending for too long. */
  #late(pending: readonly CheckVerdict[], now: number): readonly CheckVerdict[] {
    const keys = new Set(pending.map(verdictKey));
    for (const key of this.#pendingSince.keys()) if (!keys.has(key)) this.#pendingSince.delete(key);
    return pending.filter((verdict) => {
      const since = this.#pendingSince.get(verdictKey(verdict)) ?? now;
      this.#pendingSince.set(verdictKey(verdict), since);
      return now - since > (verdict.pendingMs ?? PENDING_MS);
    });
  }

  #changedRevisions(): string[] {
    const changed: string[] = [];
    for (const verdict of this.#round.verdicts) {
      const key = verdictKey(verdict);
      if (this.#revisions.has(key) && this.#revisions.get(key) !== verdict.revision)
        changed.push(verdict.object);
      this.#revisions.set(key, verdict.revision);
    }
    return changed;
  }

  #reportProgress(now: number): void {
    const open = [...this.#failed, ...this.#pending];
    const [first] = open;
    if (first === undefined) this.#reportSoak(now);
    else {
      const waiting = new Set(open.map(({ check }) => check)).size;
      const held = this.#args.checks.length - waiting;
      const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
      this.#report(
        `${held} of ${this.#args.checks.length} checks hold; waiting for ${first.object}: ${first.message}${more}`,
      );
    }
  }

  #reportSoak(now: number): void {
    const { soakMs } = this.#args.timing;
    if (soakMs === 0) {
      this.#report(HOLDS);
      return;
    }
    // After an object was pending at the same revision, the soak continues.
    if (!this.#reported.startsWith(HOLDS))
      this.#report(`${HOLDS}; the soak ${(this.#soakingSince ?? now) >= now ? "has begun" : "continues"}`);
    const left = Math.max(0, soakMs - Math.max(0, now - (this.#soakingSince ?? now)));
    this.#args.progress(`${HOLDS}; ${Math.ceil(left / 1_000)} s of soak left`, false);
  }

  #report(line: string): void {
    if (line === this.#reported) return;
    this.#reported = line;
    this.#args.progress(line, true);
  }
}

function firstLine({ message }: Error): string {
  return message.split("\n")[0] ?? "";
}
