import { isDeepStrictEqual } from "node:util";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { stageUpdate } from "../../../staging/staged-update.ts";
import { evidenceLine } from "../../../staging/verification-summary.ts";
import { declaredFor } from "./apps.ts";
import type { SimCluster } from "./cluster.ts";
import { settingsOf, type Effect, type Fleet, type SimRelease, type SimStack } from "./fleet.ts";
import { KubeClient } from "./kube-client.ts";
import type { Model } from "./model.ts";
import { commitOf } from "./repository.ts";
import { Output } from "./pulumi.ts";
import {
  call,
  runIn,
  scheduleInterruptions,
  scheduler,
  SimProcess,
  type Interruption,
  type InterruptionPoint,
} from "./scheduler.ts";

const GATUS = { namespace: "gatus", service: "gatus", port: "80" };
const RESOURCE_MS = 500;

/** An update, or a preview, of a stack. */
export interface UpdateArgs {
  readonly stack: SimStack;
  readonly release: SimRelease;
  readonly dryRun: boolean;
  readonly skewMs: number;
  readonly interruptions: ReadonlyMap<InterruptionPoint, Interruption>;
}

/** Runs the program as Pulumi runs it: the parts of `index.ts` and `program.ts` around staging, and the engine's part. */
export class Engine {
  readonly #fleet: Fleet;
  readonly #model: Model;
  #started = 0;

  constructor(fleet: Fleet, model: Model) {
    this.#fleet = fleet;
    this.#model = model;
  }

  /** Starts an update; undefined if another one has the stack's lock. */
  start(args: UpdateArgs): SimProcess | undefined {
    const { release, dryRun, skewMs, interruptions } = args;
    // The program reads its configuration once.
    const stack = { ...args.stack, config: { ...args.stack.config } };
    const stored = this.#fleet.backend.stack(stack.name);
    if (stored.lock?.ended === false) return undefined;
    const contexts = Object.entries(stack.config.contexts).map(
      ([, context]) => [context, this.#fleet.stack(context).slot] as const,
    );
    const process = new SimProcess({
      name: `${dryRun ? "preview" : "up"} ${++this.#started}`,
      stack: stack.name,
      backend: this.#fleet.backend,
      commit: `commit-of-${release.name}`,
      isAncestor: (older, newer) => this.#fleet.repository.isAncestor(older, newer),
      contexts: new Map([[stack.name, stack.slot], ...contexts]),
      dryRun,
      skewMs,
      interruptions,
    });
    stored.lock = process;
    scheduleInterruptions(process, "");
    runIn(process, () => {
      this.#run(process, { stack, release, dryRun }).then(
        (outcome) => {
          process.end(outcome);
        },
        (error: unknown) => {
          if (error instanceof EdgefirstError) process.end(`refused: ${error.message}`);
          else this.#model.report(error, process);
        },
      );
    });
    return process;
  }

  /** `pulumi destroy`: deletes what the stack owns. What other stacks and people depend on stays, and so does everything that the program itself wrote. */
  destroy({ name, slot: { cluster } }: SimStack): void {
    const stored = this.#fleet.backend.stack(name);
    if (stored.lock?.ended === false || !cluster.isReachable()) return;
    for (const object of stored.objects.values()) cluster.delete(object);
    stored.objects.clear();
    stored.outputs = {};
    stored.storedAt = scheduler.now;
    stored.provider = undefined;
    cluster.running = undefined;
    cluster.edited = false;
    this.#model.destroys(name);
  }

  async #run(
    process: SimProcess,
    { stack, release, dryRun }: Pick<UpdateArgs, "stack" | "release" | "dryRun">,
  ): Promise<string> {
    const { cluster } = stack.slot;
    const client = new KubeClient({ context: stack.name });
    await client.version();
    const began = scheduler.now;
    const update = await stageUpdate({
      settings: settingsOf(stack),
      release: release.name,
      manifests: {},
      compared: {},
      project: "/nowhere",
      cluster: client as never,
      secrets: {},
      gatus: GATUS,
      authorizations: new Map(),
      repository: {
        root: { name: "cluster-apps", namespace: "flux-system" },
        source: {
          kind: "GitRepository",
          name: "repository",
          namespace: "flux-system",
          url: "https://example.com/repository",
          ref: { branch: "main" },
        },
      },
    });
    const declared = declaredFor(stack.name, release.name, release.extra);
    if (dryRun) {
      await update.begin(declared);
      await (update.evidence(new Output(Promise.resolve()) as never, declared) as unknown as Output<unknown>)
        .promise;
      return "previewed";
    }
    this.#model.approaches(stack, cluster);
    await update.begin(declared);
    this.#model.records(stack, cluster);
    const ref = update.ref as PinnedReference | undefined;
    this.#model.judge({ stack, release: release.name, process, began, pin: ref?.commit });
    const up = new Output(this.#apply({ process, stack, release, declared, cluster, ref }));
    const attempt = up.apply(() => {
      cluster.verifyingSince.set(process, scheduler.now);
      process.soakBegan = process.calls;
      scheduleInterruptions(process, "soak ");
      return this.#model.verifies({ stack, release: release.name, process, cluster });
    });
    const evidence = update.evidence(attempt as never, declared) as unknown as Output<unknown>;
    const value = await evidence.promise;
    this.#model.concludes(await attempt.promise);
    await call(process, "verified");
    const stored = this.#fleet.backend.stack(stack.name);
    stored.outputs = JSON.parse(
      JSON.stringify({
        release: release.name,
        evidence: evidenceLine(release.name, value),
        __evidence: value,
        __provider: update.provider,
      }),
    ) as typeof stored.outputs;
    stored.storedAt = scheduler.now;
    const outcome = outcomeOf(process);
    this.#model.stores(await attempt.promise, outcome);
    if (outcome !== "verified") return outcome;
    await this.#deleteUndeclared(process, { stack, declared, cluster });
    return outcome;
  }

  async #apply(args: ApplyArgs): Promise<void> {
    const { process, stack, release, declared, cluster } = args;
    const stored = this.#fleet.backend.stack(stack.name);
    stored.provider ??= { context: stack.name, clusterIdentifier: cluster.uid };
    const changed = declared.filter(
      (object) => !isDeepStrictEqual(stored.objects.get(describeObject(object)), object),
    );
    await this.#pin(args);
    for (const object of changed) {
      await call(process);
      if (!cluster.isReachable())
        throw new EdgefirstError(`${describeObject(object)}: the cluster cannot be reached`);
      if (cluster.running?.release !== release.name) this.#begins(args);
      cluster.apply(object, "edgefirst");
      stored.objects.set(describeObject(object), object);
      await scheduler.sleep(RESOURCE_MS, process);
    }
    if (cluster.running?.release === release.name) cluster.running.complete = true;
  }

  /** Applies the reference of the repository's source. */
  async #pin(args: ApplyArgs): Promise<void> {
    const { process, release, cluster, ref } = args;
    const commit = ref?.commit;
    if (commit !== undefined && commit !== commitOf(cluster.revision)) {
      await call(process);
      if (!cluster.isReachable()) throw new EdgefirstError("the source: the cluster cannot be reached");
      if (cluster.running?.release !== release.name) this.#begins(args);
      cluster.follow(commit, this.#fleet.repository.removedAt(commit));
    }
    cluster.ref = ref ?? { branch: "main" };
  }

  #begins({ stack, release, cluster }: ApplyArgs): void {
    this.#model.begins(stack, cluster, release.name);
    cluster.running = { release: release.name, complete: false, since: scheduler.now };
    for (const effect of release.effects.filter((each) => each.stack === stack.name)) apply(effect, cluster);
  }

  async #deleteUndeclared(
    process: SimProcess,
    { stack, declared, cluster }: Pick<ApplyArgs, "stack" | "declared" | "cluster">,
  ): Promise<void> {
    const known = new Set(declared.map(describeObject));
    const { objects } = this.#fleet.backend.stack(stack.name);
    for (const [name, object] of objects) {
      if (known.has(name)) continue;
      await call(process);
      cluster.delete(object);
      objects.delete(name);
    }
  }
}

interface ApplyArgs {
  readonly process: SimProcess;
  readonly stack: SimStack;
  readonly release: SimRelease;
  readonly declared: readonly KubeObject[];
  readonly cluster: SimCluster;
  readonly ref: PinnedReference | undefined;
}

interface PinnedReference {
  readonly branch: string;
  readonly commit?: string;
}

/** Schedules a fault, and its end if it has one. */
export function apply({ app, afterMs, forMs, kind }: Omit<Effect, "stack">, cluster: SimCluster): void {
  scheduler.at(scheduler.now + afterMs, () => {
    cluster.change(app, { [kind]: true });
  });
  if (forMs !== undefined)
    scheduler.at(scheduler.now + afterMs + forMs, () => {
      cluster.change(app, { [kind]: false });
    });
}

/** Runs the program's exit handlers, as Node does, and reads the exit code that they set. */
function outcomeOf(simulated: SimProcess): string {
  simulated.emit("exit");
  const failed = process.exitCode !== undefined;
  process.exitCode = undefined;
  if (!failed) return "verified";
  return simulated.log.some((line) => line.startsWith("error: Inconclusive")) ? "inconclusive" : "failed";
}
