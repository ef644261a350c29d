import { planWaves } from "../../../tools/rollout/plan.ts";
import { rollbackTarget } from "../../../tools/rollout/rollback.ts";
import { runRollout } from "../../../tools/rollout/run.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { apply, Engine } from "./engine.ts";
import { Fleet, type SimRelease, type SimStack } from "./fleet.ts";
import { Model } from "./model.ts";
import type { SimCluster } from "./cluster.ts";
import { isFluxs } from "./apps.ts";
import { commitOf } from "./repository.ts";
import type { Action, Flap, Interruptible, Plan, UpAction } from "./action.ts";
import { scheduler, type Interruption, type InterruptionPoint, type SimProcess } from "./scheduler.ts";

/** The result of running a plan. */
export interface RunResult {
  /** The counterexample, if the promise was broken. */
  readonly found: string | undefined;
  /** The number of steps that were run. */
  readonly steps: number;
  /** How often a stack with upstream stacks passed the gate. */
  readonly passed: number;
  /** How often a stack with several upstream stacks did. */
  readonly passedSeveral: number;
  readonly trace: readonly string[];
}

/** The longest that any update can take. */
const LONGEST_MS = 12 * 3_600_000;
const BETWEEN_MS = 2_000;
const NOTHING_CHANGES = { changes: [], unchanged: 0, warnings: [], violations: [], outputs: {} };

/** Runs a plan to its end, or until the promise is broken. */
export async function runPlan(plan: Plan): Promise<RunResult> {
  scheduler.reset();
  const fleet = new Fleet(plan.stacks.map((stack) => ({ ...stack, config: { ...stack.config } })));
  for (const { name, broken } of plan.stacks)
    for (const app of broken) fleet.stack(name).slot.cluster.change(app, { down: true });
  const run = new Run(fleet, new Map(plan.stacks.map(({ name, lasting }) => [name, lasting])));
  let steps = 0;
  for (const action of plan.actions) {
    await run.step(action);
    steps++;
    if (run.model.found !== undefined) break;
  }
  const { found, passed, passedSeveral } = run.model;
  return { found: found?.message, steps, passed, passedSeveral, trace: run.trace };
}

class Run {
  readonly model: Model;
  readonly trace: string[] = [];
  readonly #fleet: Fleet;
  readonly #engine: Engine;
  readonly #lasting: ReadonlyMap<string, readonly string[]>;
  readonly #running = new Set<SimProcess>();

  /** @param lasting the apps of each stack that a promotion does not bring up */
  constructor(fleet: Fleet, lasting: ReadonlyMap<string, readonly string[]>) {
    this.#fleet = fleet;
    this.#lasting = lasting;
    this.model = new Model(fleet);
    this.#engine = new Engine(fleet, this.model);
  }

  async step(action: Action): Promise<void> {
    this.#note(JSON.stringify(action));
    await this.#do(action);
    await scheduler.runUntil(scheduler.now + BETWEEN_MS, () => false);
    for (const process of this.#running) if (process.ended) this.#forget(process);
    for (const { slot } of this.#fleet.stacks)
      slot.cluster.observations = slot.cluster.observations.filter(({ process }) => !process.ended);
  }

  // One branch for each kind of action.
  async #do(action: Action): Promise<void> {
    switch (action.do) {
      case "release":
        this.#release(action);
        return;
      case "decide":
        this.#decide(action);
        return;
      case "up":
      case "preview":
        return this.#update(action, action.do === "preview");
      case "rollout":
        return this.#rollOut(this.#releaseOf(action.age), action);
      case "promote":
        return this.#promote(action);
      case "rollback":
        return this.#rollBack(this.#fleet.stack(action.stack));
      case "backend-outage":
        this.#fleet.backend.isDown = true;
        scheduler.at(scheduler.now + action.for * 1_000, () => (this.#fleet.backend.isDown = false));
        return;
      case "commit":
        this.#commit(action);
        return;
      case "wait":
        return scheduler.runUntil(scheduler.now + action.for * 1_000, () => false);
      default:
        this.#toStack(action, this.#fleet.stack(action.stack));
    }
  }

  #toStack(
    action: Exclude<
      Action,
      {
        do:
          | "release"
          | "up"
          | "preview"
          | "rollout"
          | "promote"
          | "rollback"
          | "backend-outage"
          | "wait"
          | "commit"
          | "decide";
      }
    >,
    stack: SimStack,
  ): void {
    const { slot, config } = stack;
    const { cluster } = slot;
    switch (action.do) {
      case "fault":
        apply(
          {
            ...action,
            afterMs: action.after * 1_000,
            forMs: action.for === undefined ? undefined : action.for * 1_000,
          },
          cluster,
        );
        return;
      case "heal":
        scheduler.at(scheduler.now + action.after * 1_000, () => {
          this.#heal(stack);
        });
        return;
      case "flap":
        flap(action, cluster);
        return;
      case "suspend":
      case "resume": {
        const app = cluster.app(action.app);
        if (app !== undefined) app.suspended = action.do === "suspend";
        return;
      }
      case "edit":
        this.#edit(stack);
        return;
      case "destroy":
        this.#engine.destroy(stack);
        return;
      case "outage":
        scheduler.at(scheduler.now + action.after * 1_000, () => {
          cluster.downUntil = scheduler.now + action.for * 1_000;
          cluster.timeoutMs = action.slow ? 5_000 : 0;
        });
        return;
      case "rebuild":
        this.#rebuild(stack, action);
        return;
      case "set":
        Object.assign(config, action.config);
        return;
      case "override":
        config.override = {
          reason: `emergency of ${stack.name}`,
          expires: new Date(scheduler.now + action.hours * 3_600_000).toISOString(),
        };
    }
  }

  #release({ effects, extra }: Pick<SimRelease, "effects" | "extra">): void {
    this.#fleet.releases.unshift({ effects, extra, name: `r${this.#fleet.releases.length + 1}` });
  }

  #decide({ stack, kind, age, hours }: Extract<Action, { do: "decide" }>): void {
    const release = this.#releaseOf(age).name;
    const until = scheduler.now + hours * 3_600_000;
    this.model.decisions.add({ stack, kind, release, until, at: scheduler.now });
    this.#fleet.backend.direct(stack, {
      kind,
      time: new Date(scheduler.now).toISOString(),
      by: "an engineer",
      reason: "to be sure",
      ...(kind === "hold" && { until: new Date(until).toISOString() }),
      ...(!kind.endsWith("hold") && { release }),
    });
  }

  #commit({ stack, removes, diverges }: Extract<Action, { do: "commit" }>): void {
    const { repository, stacks } = this.#fleet;
    const clusters = stacks.filter(({ name }) => name === stack).map(({ slot }) => slot.cluster);
    const following = stacks.map(({ slot }) => slot.cluster).filter(({ ref }) => ref.commit === undefined);
    const [first] = clusters;
    const parent = diverges && first !== undefined ? commitOf(first.revision) : repository.head;
    const commit = repository.add({ parent, removes });
    if (!diverges) repository.head = commit;
    for (const cluster of first === undefined ? following : clusters) {
      if (cluster.ref.commit !== undefined) cluster.ref = { ...cluster.ref, commit };
      cluster.follow(commit, removes);
    }
  }

  #edit({ name, slot: { cluster } }: SimStack): void {
    const settings = this.#fleet.backend.stack(name).objects.get("ConfigMap network/settings");
    if (settings === undefined) return;
    cluster.apply({ ...settings, data: { level: "debug" } }, "kubectl");
    cluster.edited = true;
  }

  /** Makes everything work again, and undoes edits by hand. */
  #heal({ name, slot: { cluster } }: SimStack, except: readonly string[] = []): void {
    for (const app of cluster.apps)
      if (!except.includes(app.name)) cluster.change(app.name, { down: false, gone: false });
    cluster.edited = false;
    const settings = this.#fleet.backend.stack(name).objects.get("ConfigMap network/settings");
    if (settings !== undefined) cluster.apply(settings, "edgefirst");
  }

  /** Replaces a stack's cluster with a new one. */
  #rebuild({ name, slot, config }: SimStack, { admitted, from }: Extract<Action, { do: "rebuild" }>): void {
    const former = slot.cluster;
    slot.cluster = this.#fleet.build(name, former);
    former.downUntil = Infinity;
    if (from === "backup") slot.cluster.restore(former);
    if (from === "nothing") for (const app of slot.cluster.apps) app.gone = isFluxs(app);
    const stored = this.#fleet.backend.stack(name);
    if (stored.lock !== undefined) stored.lock.end("its cluster was rebuilt");
    if (!admitted) return;
    // Like `pulumi refresh`: removes objects that no longer exist from the state.
    if (from !== "backup") stored.objects.clear();
    config.rebuilt = former.uid;
  }

  async #update(action: UpAction, dryRun: boolean): Promise<void> {
    const { interruption, background } = action;
    const start = (): SimProcess | undefined =>
      this.#start(this.#fleet.stack(action.stack), this.#releaseOf(action.age), {
        dryRun,
        skewMs: action.skew * 1_000,
        interruptions: interruptionsOf(interruption),
      });
    if (background !== undefined) {
      scheduler.at(scheduler.now + background * 1_000, start);
      return;
    }
    const process = start();
    if (process !== undefined) await this.#finish(process);
  }

  async #rollOut(release: SimRelease, { interruption }: Interruptible): Promise<void> {
    let left = interruptionsOf(interruption);
    const controller = new AbortController();
    const up = async (name: string): Promise<string> => {
      const process = this.#start(this.#fleet.stack(name), release, { interruptions: left });
      // Only the first update is interrupted.
      left = new Map();
      while (process?.ended === false) await scheduler.sleep(1_000);
      if (process !== undefined) this.#forget(process);
      if (process?.outcome === "verified") return "verified";
      throw new EdgefirstError(process?.outcome ?? "locked");
    };
    const progress = { isDone: false };
    const rollout = runRollout({
      waves: planWaves(this.#fleet.stacks),
      runner: {
        up,
        approve: () => Promise.resolve(true),
        isDone: () => Promise.resolve(false),
        preview: () => Promise.resolve(NOTHING_CHANGES),
      },
      parallel: 2,
      dryRun: false,
      resume: false,
      onEvent: () => undefined,
      signal: controller.signal,
    }).finally(() => (progress.isDone = true));
    await scheduler.runUntil(scheduler.now + LONGEST_MS, () => progress.isDone);
    if (progress.isDone) await rollout;
  }

  async #promote(action: Extract<Action, { do: "promote" }>): Promise<void> {
    const { stack, age, disturbed, interruption, fresh, before, between, flap: flapping } = action;
    if (fresh !== undefined) this.#release(fresh);
    for (const each of before) await this.#do(each);
    // The release stays the same, whatever happens in between.
    const release = this.#releaseOf(fresh === undefined ? age : 0);
    for (const name of [...this.#upstreamOf(stack), stack]) {
      const target = this.#fleet.stack(name);
      const isDisturbed = name === disturbed;
      this.#healFor(action, target);
      if (isDisturbed && flapping !== undefined) flap(flapping, target.slot.cluster);
      if (name === stack) for (const each of between) await this.#do(each);
      const interruptions = interruptionsOf(isDisturbed ? interruption : undefined);
      const process = this.#start(target, release, { interruptions });
      if (process !== undefined) await this.#finish(process);
    }
  }

  /** What a person brings up again before an update of a promotion. */
  #healFor({ heals }: Extract<Action, { do: "promote" }>, stack: SimStack): void {
    if (heals === "none") return;
    const lasting = this.#lasting.get(stack.name) ?? [];
    this.#heal(stack, heals === "all" ? lasting : [...lasting, ...Object.keys(stack.config.ignore)]);
  }

  /** Every stack on which a stack depends, upstream stacks first. */
  #upstreamOf(name: string): string[] {
    const { after } = this.#fleet.stack(name);
    return [...new Set(after.flatMap((each) => [...this.#upstreamOf(each), each]))];
  }

  async #rollBack(stack: SimStack): Promise<void> {
    const sourceOf = (name: string) => ({
      stack: name,
      outputs: JSON.parse(JSON.stringify(this.#fleet.backend.stack(name).outputs)) as Record<string, unknown>,
      directives: this.#fleet.backend.directives(name),
    });
    try {
      const target = rollbackTarget({ stack: sourceOf(stack.name), upstream: stack.after.map(sourceOf) });
      const release = this.#fleet.release(target.release);
      const process = release && this.#start(stack, release);
      if (process !== undefined) await this.#finish(process);
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
    }
  }

  #start(
    stack: SimStack,
    release: SimRelease,
    { dryRun = false, skewMs = 0, interruptions = new Map<InterruptionPoint, Interruption>() } = {},
  ): SimProcess | undefined {
    const process = this.#engine.start({ stack, release, dryRun, skewMs, interruptions });
    if (process === undefined) this.#note(`  ${stack.name} is locked`);
    else {
      this.#running.add(process);
      this.#note(`  ${process.args.name} of ${stack.name} to ${release.name} begins`);
    }
    return process;
  }

  async #finish(process: SimProcess): Promise<void> {
    await scheduler.runUntil(scheduler.now + LONGEST_MS, () => process.ended);
    if (!process.ended) this.model.report(new Error(`${process.args.name} never ends`), process);
    this.#forget(process);
  }

  #forget(process: SimProcess): void {
    if (!this.#running.delete(process)) return;
    this.#note(`  ${process.args.name} of ${process.args.stack} ended: ${process.outcome}`);
    for (const line of process.log)
      if (!line.startsWith("info: verification"))
        this.trace.push(`      ${line.replaceAll("\n", "\n      ")}`);
  }

  #releaseOf(age: number): SimRelease {
    const { releases } = this.#fleet;
    const release = releases[Math.min(age, releases.length - 1)];
    return release ?? { name: "r0", effects: [], extra: false };
  }

  #note(text: string): void {
    this.trace.push(`${new Date(scheduler.now).toISOString().slice(0, 19)} ${text}`);
  }
}

function flap({ app, up, down }: Flap, cluster: SimCluster): void {
  apply({ app, kind: "down", afterMs: 0, forMs: up * 1_000 }, cluster);
  apply({ app, kind: "down", afterMs: (up + down) * 1_000 }, cluster);
}

function interruptionsOf(interruption: Interruptible["interruption"]): Map<InterruptionPoint, Interruption> {
  if (interruption === undefined) return new Map();
  const { call, kind, for: seconds } = interruption;
  return new Map([[call, kind === "sleep" ? { kind, ms: seconds * 1_000 } : { kind }]]);
}
