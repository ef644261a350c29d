import type { CheckId } from "../../config/check-ids.ts";
import type { LiveCluster } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { isAppliedBy } from "../../kube/ownership.ts";
import { objectHealth, type Health } from "../health.ts";

/** A check's verdict on one object. */
export interface Verdict {
  /** Such as `Gateway network/external`. */
  readonly object: string;
  /** `pending`: not ready yet, or unknown at the moment. `skipped`: not evaluated, so that the verdict proves nothing. */
  readonly state: "held" | "pending" | "failed" | "skipped";
  /** The message of the condition that decided the verdict; empty if the object is healthy. */
  readonly message: string;
  /** The revision that is running; a change restarts the soak. */
  readonly revision?: string | undefined;
  /** How long the object may be pending during the soak, in milliseconds. */
  readonly pendingMs?: number | undefined;
  /** Set if waiting cannot change the verdict, so that the watch ends. */
  readonly final?: true;
  /** Whether the stack itself declares the object; if so, it is never excused for having been unhealthy before the update. */
  readonly own: boolean;
}

/** The result of one run of a check. */
export interface CheckResult {
  readonly verdicts: readonly Verdict[];
  /** Notes in addition to the verdicts, as full sentences. */
  readonly notes?: readonly string[];
}

/** A check of the live cluster. */
export interface Check {
  readonly id: CheckId;
  /** Set if the result cannot change while the watch runs. The check then runs only when the soak begins and ends, and a failure ends the watch. */
  readonly steady?: true;
  /** Whether an object that was healthy before the update must still exist. */
  readonly keeps?: (object: string) => boolean;
  /** If set, the check runs only while every other check holds, because it changes something or takes long. Until then, this is its result. */
  readonly whenOthersHold?: CheckResult;
  /** @throws {EdgefirstError} if the cluster cannot be reached */
  run(): Promise<CheckResult>;
  /** Deletes the objects that the check created. An error here does not fail the watch. */
  end?(): Promise<void>;
}

/** A stack and its cluster. */
export interface StackOnCluster {
  readonly cluster: LiveCluster;
  /** Value of {@link STACK_LABEL} on the stack's objects. */
  readonly stack: string;
}

const STATES: Readonly<Record<Health["state"], Verdict["state"]>> = {
  healthy: "held",
  progressing: "pending",
  failed: "failed",
  present: "held",
};

/** The verdict on an object, according to its status. */
export function verdictOf(
  object: KubeObject,
  stack: string,
  { state, message }: Health = objectHealth(object),
): Verdict {
  return {
    object: describeObject(object),
    state: STATES[state],
    message: STATES[state] === "held" ? "" : message,
    own: isOwn(object, stack),
  };
}

/** Whether the stack applied the object. */
export const isOwn = isAppliedBy;
