import { allOf, anyOf, type Maybe, type Pods } from "../selectors.ts";
import type { App, MeshPolicy, MeshRule } from "./policy.ts";

/** Where a mesh does not treat requests from a Gateway as it treats those of the class's controller. */
export interface Difference {
  /** Undefined if the repository does not show whether they differ. */
  readonly answer: false | undefined;
  readonly policy: string;
  /** `closed`: the Gateway's requests are not admitted; `other`: rules apply to only one of them. */
  readonly kind: "closed" | "other";
  /** Whether the policy admits the controller. */
  readonly admitsFormer: boolean;
}

/** What changes for an app if the requests come from a Gateway's pods instead of those of the class's controller; one per mesh at most. */
export function meshDifferences(
  policies: readonly MeshPolicy[],
  app: App,
  { former, door }: { readonly former: Pods; readonly door: Pods },
): readonly Difference[] {
  const around = policies.filter(({ selects }) => selects(app) === true);
  return [...Map.groupBy(around, ({ mesh }) => mesh).values()].flatMap((own) => {
    const same = (rule: MeshRule): Maybe => isSame(rule.matches(former), rule.matches(door));
    const allowing = own.filter(({ effect }) => effect === "allow");
    const closed = allowing.length === 0 ? undefined : closedBy(allowing, { former, door });
    if (closed) return [closed];
    const others = own.filter(({ effect }) => effect === "other").flatMap(({ rules }) => rules);
    const different =
      others.find((rule) => same(rule) === false) ?? others.find((rule) => same(rule) === undefined);
    if (!different) return [];
    const answer = same(different) === false ? (false as const) : undefined;
    return [{ answer, policy: different.policy, kind: "other" as const, admitsFormer: false }];
  });
}

function closedBy(
  policies: readonly MeshPolicy[],
  { former, door }: { readonly former: Pods; readonly door: Pods },
): Difference | undefined {
  const rules = policies.flatMap((policy) => policy.rules);
  const whole = rules.filter(({ isConditional }) => !isConditional);
  const admitting = rules.find((rule) => rule.matches(former) === true);
  const isWhole = (pods: Pods): Maybe => anyOf(whole.map((rule) => rule.matches(pods)));
  const isOpen = isWhole(door) === true;
  if (isOpen && (isWhole(former) === true || admitting === undefined)) return undefined;
  const answer = allOf(rules.map((rule) => isSame(rule.matches(former), rule.matches(door))));
  if (answer === true && admitting !== undefined) return undefined;
  const isClosed = anyOf(rules.map((rule) => rule.matches(door))) === false;
  return {
    answer: answer === false || isClosed ? false : undefined,
    policy: admitting?.policy ?? policies[0]?.name ?? "",
    // The Gateway's requests would be admitted where only some of the controller's are.
    kind: isOpen ? "other" : "closed",
    admitsFormer: admitting !== undefined,
  };
}

const isSame = (one: Maybe, other: Maybe): Maybe =>
  one === undefined || other === undefined ? undefined : one === other;
