import type { Maybe, Pods } from "../selectors.ts";

/** The pods behind a backend, as a mesh selects them. */
export interface App {
  readonly pods: Pods;
  /** The name of the Service in front of them; undefined if it is not known. */
  readonly service: string | undefined;
}

/** One rule of a mesh's policy. */
export interface MeshRule {
  /** Whether requests from pods meet it, as far as it asks where they come from. */
  readonly matches: (from: Pods) => Maybe;
  /** Whether it asks for something else, too, such as a path or a token. */
  readonly isConditional: boolean;
  /** `AuthorizationPolicy apps/web (apps/web/policy.yaml:1)` */
  readonly policy: string;
}

/** What a mesh's policy says about the requests to the pods that it selects. */
export interface MeshPolicy {
  readonly name: string;
  readonly mesh: "Istio" | "Linkerd" | "Kuma" | "Consul";
  readonly selects: (app: App) => Maybe;
  /** `allow`: only requests that meet a rule of such a policy are admitted; `other`: those that meet a rule are denied, or sent to a login. */
  readonly effect: "allow" | "other";
  readonly rules: readonly MeshRule[];
}

/** A policy for each of the two effects that has rules. */
export function allowingAndDenying(
  policy: Omit<MeshPolicy, "effect" | "rules">,
  allowed: readonly MeshRule[],
  denied: readonly MeshRule[],
): readonly MeshPolicy[] {
  const both: readonly MeshPolicy[] = [
    { ...policy, effect: "allow", rules: allowed },
    { ...policy, effect: "other", rules: denied },
  ];
  return both.filter(({ rules }) => rules.length > 0);
}

/** The opposite answer. */
export function not(answer: Maybe): Maybe {
  return answer === undefined ? undefined : !answer;
}

/** Whether a pattern with a `*` at its end, or at its start, matches. Source: https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export function matchesPattern(pattern: string, value: string): boolean {
  if (pattern.endsWith("*")) return value.startsWith(pattern.slice(0, -1));
  return pattern.startsWith("*") ? value.endsWith(pattern.slice(1)) : pattern === value;
}

/** Whether the identity of pods matches `<trust domain>/ns/<namespace>/sa/<account>`, or a pattern for it. The trust domain is not compared. */
export function matchesPrincipal(principal: string, { namespace, account, entity }: Pods): Maybe {
  if (entity !== undefined) return false;
  if (principal === "*") return true;
  const pattern = principal.replace(/^(?:spiffe:\/\/)?[^/*]+\/ns\//, "ns/");
  if (namespace === undefined) return undefined;
  const start = `ns/${namespace}/sa/`;
  if (account !== undefined) return matchesPattern(pattern, start + account);
  if (pattern.startsWith("*")) return undefined;
  const stem = pattern.replace(/\*$/, "");
  if (pattern.endsWith("*") && start.startsWith(stem)) return true;
  return stem.startsWith(start) ? undefined : false;
}

/** Whether pods run as a ServiceAccount. */
export function runsAs({ namespace, account, entity }: Pods, wanted: string, place: string): Maybe {
  if (entity !== undefined) return false;
  if (namespace !== undefined && namespace !== place) return false;
  if (account !== undefined && account !== wanted) return false;
  return namespace === undefined || account === undefined ? undefined : true;
}
