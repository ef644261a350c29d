import type { CheckId } from "../../../config/check-ids.ts";
import type { StagingSettings } from "../../../staging/staging-settings.ts";
import type { UpdateWindow } from "../../../staging/windows.ts";
import { newApp, verdictName } from "./apps.ts";
import { OWN_CHECKS } from "./own-checks.ts";
import { Repository } from "./repository.ts";
import { Backend } from "./backend.ts";
import { SimCluster, type Slot } from "./cluster.ts";

/** The settings in `Pulumi.<stack>.yaml` that vary; durations are in seconds. */
export interface StackConfig {
  soak: number;
  withoutSoak: string | undefined;
  interval: number;
  timeout: number;
  patience: number;
  skip: Partial<Record<CheckId, string>>;
  maxAge: number;
  live: "configured" | "required";
  unreachable: "refuse" | "warn";
  gatePatience: number;
  minAge: number;
  minSoak: number;
  requiredChecks: CheckId[];
  overrides: "accept" | "refuse";
  /** The contexts on this stack's machine, keyed by upstream stack; a context may lead to the wrong stack's cluster. */
  contexts: Record<string, string>;
  override: { reason: string; expires: string } | undefined;
  rebuilt: string | undefined;
  windows: UpdateWindow[];
  /** Apps whose health does not count, with the reason and the last day. */
  ignore: Record<string, { reason: string; until: string }>;
  /** The stack's own checks. */
  own: OwnCheckId[];
  pin: boolean;
}

export type OwnCheckId = "queries" | "http" | "jobs";

/** A stack in the fleet. */
export interface SimStack {
  readonly name: string;
  readonly after: readonly string[];
  readonly slot: Slot;
  readonly config: StackConfig;
}

/** A fault that a release causes once it is applied. */
export interface Effect {
  readonly stack: string;
  readonly app: string;
  readonly afterMs: number;
  readonly kind: "down" | "gone";
  /** After how long the fault ends on its own. */
  readonly forMs?: number | undefined;
}

/** A release, and the faults that it causes. */
export interface SimRelease {
  readonly name: string;
  readonly effects: readonly Effect[];
  /** Whether the release declares an additional object. */
  readonly extra: boolean;
}

/** The stacks, their clusters and the state backend. */
export class Fleet {
  readonly stacks: readonly SimStack[];
  readonly backend = new Backend();
  readonly releases: SimRelease[] = [];
  readonly repository = new Repository();
  #built = 0;

  constructor(
    stacks: readonly (Omit<SimStack, "slot"> & {
      readonly probeMs: number;
      readonly reconcileMs: number;
      readonly handleMs: number;
    })[],
  ) {
    this.stacks = stacks.map(({ name, after, config, ...speed }) => ({
      name,
      after,
      config,
      slot: { cluster: this.build(name, speed) },
    }));
  }

  stack(name: string): SimStack {
    const found = this.stacks.find((stack) => stack.name === name);
    if (found === undefined) throw new Error(`no stack ${name}`);
    return found;
  }

  release(name: string): SimRelease | undefined {
    return this.releases.find((release) => release.name === name);
  }

  /** Builds a new cluster with the apps that every cluster runs. */
  build(
    name: string,
    { probeMs, reconcileMs, handleMs }: Pick<SimCluster, "probeMs" | "reconcileMs" | "handleMs">,
  ): SimCluster {
    this.#built++;
    return new SimCluster({
      uid: `${name}-${this.#built}`,
      apps: [
        newApp("blog", "kustomization"),
        newApp("shop", "kustomization"),
        newApp("wiki", "route"),
        newApp("traefik", "deployment"),
        newApp("api", "http"),
        newApp("errors", "query"),
        newApp("smoke", "job"),
      ],
      probeMs,
      reconcileMs,
      handleMs,
    });
  }
}

/** The configuration of a stack as the program reads it. */
export function settingsOf({ name, after, config }: SimStack): StagingSettings {
  const seconds = (value: number): string => `${value}s`;
  return {
    cluster: { context: name, rebuilt: config.rebuilt },
    after,
    gate: {
      maxAge: seconds(config.maxAge),
      live: config.live,
      unreachable: config.unreachable,
      patience: seconds(config.gatePatience),
      minAge: seconds(config.minAge),
      minSoak: seconds(config.minSoak),
      requiredChecks: config.requiredChecks,
      overrides: config.overrides,
      accept: {},
      windows: config.windows,
      clusters: Object.fromEntries(
        Object.entries(config.contexts)
          .filter(([upstream, context]) => upstream !== context)
          .map(([upstream, context]) => [upstream, { context }]),
      ),
    },
    override: config.override,
    verification: {
      soak: seconds(config.soak),
      withoutSoak: config.withoutSoak,
      timeout: seconds(config.timeout),
      interval: seconds(config.interval),
      patience: seconds(config.patience),
      skip: config.skip,
      removed: {},
      ignore: Object.fromEntries(
        Object.entries(config.ignore).map(([name, entry]) => [
          verdictName({ name, type: name === "wiki" ? "route" : "kustomization" }),
          { ...entry, owner: "the owner of the app" },
        ]),
      ),
    },
    checks: {
      prometheus: OWN_CHECKS.prometheus,
      queries: config.own.includes("queries") ? OWN_CHECKS.queries : {},
      http: config.own.includes("http") ? OWN_CHECKS.http : {},
      jobs: config.own.includes("jobs") ? OWN_CHECKS.jobs : {},
    },
    notify: { webhook: false, pushover: false, on: [] },
    promotion: { pin: config.pin },
  };
}
