import type { CheckId } from "../../config/check-ids.ts";
import type { LiveCluster } from "../../kube/client.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { objectHealth, type Health } from "../health.ts";

/** What a check says of one object. */
export interface Verdict {
  /** As in `Gateway network/external`. */
  readonly object: string;
  /** pending: on its way, or not known just now; skipped: looked at by nobody, and so no proof. */
  readonly state: "held" | "pending" | "failed" | "skipped";
  /** The condition's message; empty where it holds. */
  readonly message: string;
  /** What runs; a change restarts the soak. */
  readonly revision?: string | undefined;
  /** Milliseconds for which it may be pending during the soak. */
  readonly patienceMs?: number | undefined;
  /** Declared by the stack itself, so that being unhealthy before the update is no excuse. */
  readonly own: boolean;
}

/** One look at the cluster. */
export interface Sighting {
  readonly verdicts: readonly Verdict[];
  /** What is worth knowing beside the verdicts, as sentences. */
  readonly notes?: readonly string[];
}

/** A check: one question about the live cluster. */
export interface Check {
  readonly id: CheckId;
  /**
   * Nothing that runs on the cluster mends or breaks it: it is looked at when the soak begins and when it ends, and waiting for it is in vain.
   */
  readonly steady?: true;
  /** Objects that were held before the update must still be there. */
  readonly keeps?: true;
  /** @throws {EdgefirstError} where the cluster cannot be reached */
  look(): Promise<Sighting>;
}

/** The stack that a check is about, on its cluster. */
export interface StackOnCluster {
  readonly cluster: LiveCluster;
  /** Value of {@link STACK_LABEL} on its objects. */
  readonly stack: string;
}

const STATES: Readonly<Record<Health["state"], Verdict["state"]>> = {
  healthy: "held",
  progressing: "pending",
  failed: "failed",
  present: "held",
};

/** The verdict that an object's own status gives. */
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

/** Whether the stack declares it. */
export function isOwn({ metadata }: KubeObject, stack: string): boolean {
  return metadata.labels?.[STACK_LABEL] === stack;
}
