import type { Decision } from "./decisions.ts";
import type { Effect, StackConfig } from "./fleet.ts";
import type { InterruptionPoint } from "./scheduler.ts";

/** Something that happens to a fleet. Times are in seconds. */
export type Action =
  | { readonly do: "release"; readonly effects: readonly Effect[]; readonly extra: boolean }
  | ({ readonly do: "up" | "preview" } & UpAction)
  | ({ readonly do: "rollout"; readonly age: number } & Interruptible)
  /** Updates every stack on which a stack depends, then the stack itself. */
  | ({
      readonly do: "promote";
      readonly stack: string;
      /** A new release, which is promoted; otherwise an existing one is. */
      readonly fresh?: Pick<Extract<Action, { do: "release" }>, "effects" | "extra">;
      readonly age: number;
      /** Which apps a person brings up again before each update. */
      readonly heals: "all" | "all but ignored ones" | "none";
      /** The stack with the flapping app or the interruption. */
      readonly disturbed: string;
      readonly flap?: Flap;
      /** What happens before everything else. */
      readonly before: readonly Action[];
      /** What happens between the updates of the upstream stacks and that of the stack. */
      readonly between: readonly Action[];
    } & Interruptible)
  /** A person holds a stack or revokes a release, or ends either. */
  | {
      readonly do: "decide";
      readonly stack: string;
      readonly kind: Decision["kind"];
      readonly age: number;
      readonly hours: number;
    }
  | ({ readonly do: "flap"; readonly stack: string } & Flap)
  | { readonly do: "rollback"; readonly stack: string }
  | {
      readonly do: "fault";
      readonly stack: string;
      readonly app: string;
      readonly kind: "down" | "gone";
      readonly after: number;
      readonly for: number | undefined;
    }
  | { readonly do: "heal"; readonly stack: string; readonly after: number }
  | { readonly do: "suspend" | "resume"; readonly stack: string; readonly app: string }
  | { readonly do: "edit" | "destroy"; readonly stack: string }
  | {
      readonly do: "outage";
      readonly stack: string;
      readonly after: number;
      readonly for: number;
      readonly slow: boolean;
    }
  | { readonly do: "backend-outage"; readonly for: number }
  | {
      readonly do: "rebuild";
      readonly stack: string;
      readonly admitted: boolean;
      readonly from: "nothing" | "repository" | "backup";
    }
  | {
      readonly do: "commit";
      /** The stack whose cluster gets the commit; undefined for every cluster that is not pinned to another one. */
      readonly stack: string | undefined;
      readonly removes: string | undefined;
      /** Whether the commit descends from the one that the cluster runs, not from the latest one. */
      readonly diverges: boolean;
    }
  | { readonly do: "set"; readonly stack: string; readonly config: Partial<StackConfig> }
  | { readonly do: "override"; readonly stack: string; readonly hours: number }
  | { readonly do: "wait"; readonly for: number };

/** An app that comes up after some time, and goes down again after some more. */
export interface Flap {
  readonly app: string;
  readonly up: number;
  readonly down: number;
}

/** An interruption that can happen to the update of a stack. */
export interface Interruptible {
  readonly interruption?: {
    readonly call: InterruptionPoint;
    readonly kind: "kill" | "interrupt" | "sleep";
    readonly for: number;
  };
}

/** An update. */
export interface UpAction extends Interruptible {
  readonly stack: string;
  /** How many releases are newer than the one to run. */
  readonly age: number;
  /** How far the machine's clock is ahead, in seconds. */
  readonly skew: number;
  /** After how many seconds the update begins, while the next actions happen; undefined if they wait for its end. */
  readonly background: number | undefined;
}

/** A fleet, and the actions that happen to it. */
export interface Plan {
  readonly stacks: readonly {
    readonly name: string;
    readonly after: readonly string[];
    readonly config: StackConfig;
    readonly probeMs: number;
    readonly reconcileMs: number;
    readonly handleMs: number;
    /** Apps that are down before anything happens. */
    readonly broken: readonly string[];
    /** Those of them that a promotion does not bring up. */
    readonly lasting: readonly string[];
  }[];
  readonly actions: readonly Action[];
}
