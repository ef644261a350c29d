import { isFluxs, type App } from "./apps.ts";
import type { Observation, SimCluster } from "./cluster.ts";
import type { Fleet, SimStack } from "./fleet.ts";
import { Decisions } from "./decisions.ts";
import { judgePin } from "./pins.ts";
import { wasClosed } from "./opening-hours.ts";
import {
  isChecked,
  isIgnored,
  Ledger,
  TOLERANCE_MS,
  type Approach,
  type Attempt,
  type Open,
} from "./ledger.ts";
import { isForward, judgeUpstream, type Judged } from "./promise.ts";
import { scheduler, type SimProcess } from "./scheduler.ts";

/** Thrown if the program breaks the promise or crashes. */
export class Counterexample extends Error {}

/** The limits within which time counts as observed, as in `WatchState`. */
const ROUND_MS = 30_000;
const OBSERVED_MS = 10_000;

/** An update that has passed the gate. */
interface Beginning extends Pick<Judged, "stack" | "release" | "process" | "began"> {
  /** The commit at which the update pins the repository. */
  readonly pin: string | undefined;
}

/** Judges the program by what has really happened, not by its evidence. */
export class Model {
  readonly ledgers = new Map<string, Ledger>();
  readonly decisions = new Decisions();
  readonly #fleet: Fleet;
  /** The first counterexample. */
  found: Counterexample | undefined;
  /** Updates that passed the gate of at least one upstream stack. */
  passed = 0;
  /** Of these, updates with more than one upstream stack. */
  passedSeveral = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    for (const { name } of fleet.stacks) this.ledgers.set(name, new Ledger());
  }

  ledger(stack: string): Ledger {
    const ledger = this.ledgers.get(stack);
    if (ledger === undefined) throw new Error(`no stack ${stack}`);
    return ledger;
  }

  report(error: unknown, process?: SimProcess): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.found ??= new Counterexample(process === undefined ? text : `${process.args.name} crashed: ${text}`);
    process?.end("crashed");
  }

  /** Called when an update has passed the gate. */
  approaches({ name }: SimStack, cluster: SimCluster): void {
    this.ledger(name).approach = approachOf(cluster);
  }

  /** Called when an update has recorded the state of its cluster, some time after {@link approaches}. */
  records({ name }: SimStack, cluster: SimCluster): void {
    const ledger = this.ledger(name);
    const [before, now] = [ledger.approach, approachOf(cluster)];
    const isSame = before?.revision === now.revision;
    ledger.approach = {
      ...now,
      down: new Set([...(before?.down ?? []), ...now.down]),
      standing: isSame ? now.standing.intersection(before.standing) : new Set(),
    };
  }

  /** Called when an update is about to change its cluster for the first time. */
  begins({ name }: SimStack, cluster: SimCluster, release: string): void {
    const ledger = this.ledger(name);
    if (ledger.since?.release !== release) ledger.since = undefined;
    this.#open(ledger, cluster);
  }

  /** Called when a stack has been destroyed. The model still knows what an unverified update may have broken. */
  destroys(stack: string): void {
    const ledger = this.ledger(stack);
    ledger.destroyedAt = scheduler.now;
    ledger.lastPass = undefined;
    ledger.since = undefined;
    ledger.storedSince = undefined;
  }

  verifies(args: Pick<Attempt, "release" | "process" | "cluster"> & { readonly stack: SimStack }): Attempt {
    const { stack, release, process, cluster } = args;
    const { soak, interval, skip, override, own, ignore } = stack.config;
    const ledger = this.ledger(stack.name);
    const { excused, expected, revision } = this.#open(ledger, cluster);
    const attempt: Attempt = {
      release,
      process,
      cluster,
      began: scheduler.now,
      soakMs: soak * 1_000,
      intervalMs: interval * 1_000,
      skip: { ...skip },
      own,
      ignore: Object.fromEntries(
        Object.entries(ignore).filter(([app]) => isIgnored({ ignore }, app, process.began)),
      ),
      override: isInForce(override, process.began) ? override?.reason : undefined,
      excused,
      expected,
      revision,
      found: ledger.approach,
    };
    ledger.attempts.push(attempt);
    return attempt;
  }

  /** Called when a verification has ended, before the engine stores its outputs. */
  concludes(attempt: Attempt): void {
    attempt.concluded = scheduler.now;
    attempt.revisionAtEnd = attempt.cluster.revision;
  }

  /** Called when the engine has stored the outputs after a verification. */
  stores(attempt: Attempt, result: string): void {
    const ledger = this.ledger(attempt.process.args.stack);
    attempt.ended = scheduler.now;
    attempt.result = result;
    conclude(attempt);
    if (result === "failed") ledger.since = undefined;
    const isOther = result === "verified" && ledger.storedSince?.release !== attempt.release;
    if (result === "failed" || isOther) ledger.storedSince = undefined;
    if (result !== "verified" || attempt.soaked === undefined) return;
    ledger.lastPass = attempt;
    ledger.open = undefined;
    const now = { release: attempt.release, at: attempt.concluded ?? scheduler.now };
    if (ledger.since?.release !== attempt.release) ledger.since = now;
    ledger.storedSince ??= now;
  }

  /** Reports a counterexample if a stack may not start to run a release. */
  judge({ stack, release, process, began, pin }: Beginning): void {
    const own = this.ledger(stack.name);
    const fleet = this.#fleet;
    const isBroken = (broken: string | undefined): void => {
      if (broken === undefined) return;
      const text = `${stack.name} begins to run ${release} in ${process.args.name}, but ${broken}`;
      this.found ??= new Counterexample(text);
    };
    // An override lets the stack pass, but the repository never moves to what was not proven.
    isBroken(judgePin({ stack, release, fleet, own, pin, ledgers: this.ledgers }));
    if (stack.config.soak === 0 && stack.config.withoutSoak === undefined)
      this.report(new Error(`${process.args.name} runs with a soak of 0 s and gives no reason`));
    if (isInForce(stack.config.override, began)) return;
    const forward = isForward({ stack, release, fleet, own });
    const stacks = [stack.name, ...stack.after];
    isBroken(this.decisions.judge({ stacks, release, isForward: forward, began }));
    if (forward && wasClosed(stack.config.windows, began, scheduler.now)) isBroken("no window is open");
    if (stack.after.length > 0) this.passed++;
    if (stack.after.length > 1) this.passedSeveral++;
    for (const name of stack.after) {
      const [upstream, ledger] = [fleet.stack(name), this.ledger(name)];
      isBroken(judgeUpstream({ stack, release, process, began, upstream, fleet, own, ledger }));
    }
  }

  #open(ledger: Ledger, cluster: SimCluster): Open {
    if (ledger.open?.cluster === cluster) return ledger.open;
    const { lastPass } = ledger;
    const pass = lastPass?.cluster === cluster ? lastPass : undefined;
    const down = new Set([...downOn(cluster), ...(ledger.approach?.down ?? [])]);
    const wasHealthy = pass?.healthy ?? new Set();
    const healthy = cluster.apps.filter(({ name }) => !down.has(name)).map(({ name }) => name);
    ledger.open = {
      cluster,
      excused: new Set(
        [...down].filter((name) => {
          const app = cluster.app(name);
          return (
            app !== undefined && isFluxs(app) && !wasHealthy.has(name) && !(name in (pass?.ignore ?? {}))
          );
        }),
      ),
      expected: new Set([...wasHealthy, ...healthy]),
      revision: pass?.revision ?? cluster.revision,
    };
    return ledger.open;
  }
}

function approachOf(cluster: SimCluster): Approach {
  const down = downOn(cluster);
  const standing = cluster.apps.filter((app) => isFluxs(app) && !down.has(app.name));
  return { down, standing: new Set(standing.map(({ name }) => name)), revision: cluster.revision };
}

function isInForce(override: SimStack["config"]["override"], at: number): boolean {
  return override !== undefined && Date.parse(override.expires) > at - TOLERANCE_MS;
}

function downOn(cluster: SimCluster): Set<string> {
  const down = cluster.apps.filter((app) => app.down || !app.wanted || app.suspended);
  // The statuses may be older than the real state.
  return new Set([...cluster.badApps(0), ...down].map(({ name }) => name));
}

/** Determines what a verification has really seen. */
function conclude(attempt: Attempt): void {
  const { process, cluster, began, excused } = attempt;
  const allowed = Math.max(3 * attempt.intervalMs, OBSERVED_MS) + ROUND_MS;
  let from: Observation | undefined;
  let last: Observation | undefined;
  for (const seen of cluster.observations) {
    if (seen.process !== process || seen.at < began) continue;
    if (seen.failed) {
      from = undefined;
      continue;
    }
    const bad = badFor(attempt, seen);
    for (const { name, type } of cluster.apps)
      if (seen.read.has(type) && seen.healthy.has(name)) excused.delete(name);
    const isGap = last !== undefined && seen.at - last.at > allowed;
    if (bad.length > 0) from = undefined;
    else if (from === undefined || isGap) from = seen;
    if (from !== undefined && seen.at - from.at >= attempt.soakMs - TOLERANCE_MS && !isEdited(attempt, seen))
      attempt.soaked = Math.max(attempt.soaked ?? 0, seen.at - from.at);
    last = seen;
  }
  if (!hasRunJobs(attempt)) attempt.soaked = undefined;
  attempt.suspended = last?.suspended ?? [];
  attempt.ignoredFor = cluster.apps
    .filter((app) => isChecked(attempt, app) && app.wanted && last?.gone.has(app.name) === false)
    .filter(({ name }) => last !== undefined && isIgnored(attempt, name, last.at + 2 * TOLERANCE_MS))
    .map(({ name }) => attempt.ignore[name]?.reason ?? "");
  attempt.healthy = new Set(
    cluster.apps
      .filter((app) => isChecked(attempt, app) && last?.healthy.has(app.name) === true)
      .filter(({ name }) => last === undefined || !isIgnored(attempt, name, last.at))
      .map(({ name }) => name),
  );
}

/** A Job has to succeed before the soak and, if there is one, at its end. */
function hasRunJobs({ cluster, process, soakMs, ...attempt }: Attempt): boolean {
  const app = cluster.apps.find(({ type }) => type === "job");
  if (app === undefined || !isChecked(attempt, app)) return true;
  const succeeded = cluster.jobs.succeeded(process, app);
  const [first, last] = [succeeded[0], succeeded.at(-1)];
  if (first === undefined || last === undefined) return false;
  return soakMs === 0 || last.created - first.ended >= soakMs - TOLERANCE_MS;
}

function badFor(attempt: Attempt, seen: Observation): string[] {
  const { cluster, excused } = attempt;
  return [...seen.bad].filter((name) => {
    const app = cluster.app(name);
    if (app === undefined || app.type === "job" || !isChecked(attempt, app)) return false;
    if (excused.has(name) || isIgnored(attempt, name, seen.at)) return false;
    return !seen.gone.has(name) || mustExist(attempt, app, seen.revision);
  });
}

/** An app must not be gone if it was healthy before, and the repository is still at the same revision. */
function mustExist({ expected, revision, found }: Attempt, { name, type }: App, at: string): boolean {
  if (type === "deployment") return false;
  const wasFound = found?.standing.has(name) === true && found.revision === at;
  return wasFound || (expected.has(name) && revision === at);
}

function isEdited({ skip }: Attempt, { edited }: Observation): boolean {
  return edited && skip.declared === undefined;
}
