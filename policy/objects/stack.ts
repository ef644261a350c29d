import type { KubeObject } from "../../kube/objects.ts";
import type { GroupKind } from "../engine/object-index.ts";

/** A stack's place in the rollout as an object that a rule can read. No cluster has it. */
export const STACK: GroupKind = { group: "edgefirst.dev", kind: "Stack" };

/** The part of a stack's configuration that orders its rollout. */
export interface StackOrder {
  /** Names of its upstream stacks. */
  readonly after?: unknown;
  /** `{ reason, expires }`: passes the gate. */
  readonly override?: unknown;
}

/** The object of a stack. */
export function stackObject(name: string, { after, override }: StackOrder): KubeObject {
  return {
    apiVersion: "edgefirst.dev/v1",
    kind: STACK.kind,
    metadata: { name },
    spec: { ...(after !== undefined && { after }), ...(override !== undefined && { override }) },
  };
}
