import type { KubeObject } from "./objects.ts";

/** A condition in an object's status. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly message?: string;
  readonly reason?: string;
  readonly observedGeneration?: number;
}

/** An object as far as its status goes. */
type WithStatus = KubeObject | { readonly status?: unknown };

/** The conditions that controllers have set on an object; the API server writes null for none. */
export function conditionsOf(object: WithStatus | undefined): readonly Condition[] {
  const { conditions } = (object?.status ?? {}) as { conditions?: readonly Condition[] | null };
  return conditions ?? [];
}

/** An object's condition of a type; undefined until a controller sets it. */
export function conditionOf(object: WithStatus | undefined, type: string): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** Whether an object's condition of a type is True. */
export function meets(object: WithStatus | undefined, type: string): boolean {
  return conditionOf(object, type)?.status === "True";
}
