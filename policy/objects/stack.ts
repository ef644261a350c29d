import type { KubeObject } from "../../kube/objects.ts";
import type { GroupKind } from "../engine/object-index.ts";

/** The kind of an object that describes a stack's position in the rollout, so that a rule can read it. No cluster serves this kind. */
export const STACK: GroupKind = { group: "edgefirst.dev", kind: "Stack" };

/** The part of a stack's configuration that decides its position in the rollout. */
export interface StackOrder {
  /** Names of the upstream stacks. */
  readonly after?: unknown;
  /** `{ reason, expires }`: lets the stack pass the gate. */
  readonly override?: unknown;
}

/** The object that represents a stack. */
export function stackObject(name: string, { after, override }: StackOrder): KubeObject {
  return {
    apiVersion: "edgefirst.dev/v1",
    kind: STACK.kind,
    metadata: { name },
    spec: { ...(after !== undefined && { after }), ...(override !== undefined && { override }) },
  };
}
