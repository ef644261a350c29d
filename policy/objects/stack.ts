import type { KubeObject } from "../../kube/objects.ts";
import type { GroupKind } from "../engine/object-index.ts";

/** A stack's place in the rollout, in the shape of an object, so that a rule can look at it. It is on no cluster. */
export const STACK: GroupKind = { group: "edgefirst.dev", kind: "Stack" };

/** The part of a stack's configuration that says when it may be rolled out. */
export interface StackOrder {
  /** Names of the stacks before it. */
  readonly after?: unknown;
  /** `{ reason, expires }`, by which the gate is passed. */
  readonly override?: unknown;
}

/** The object for a stack. */
export function stackObject(name: string, { after, override }: StackOrder): KubeObject {
  return {
    apiVersion: "edgefirst.dev/v1",
    kind: STACK.kind,
    metadata: { name },
    spec: { ...(after !== undefined && { after }), ...(override !== undefined && { override }) },
  };
}
