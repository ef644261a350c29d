import { OPTIONS_FILE } from "../../../options-file.ts";
import type { CutoverNote } from "../outcome.ts";
import type { MovingForm, Parents } from "../gateway/parents.ts";
import { admittedOf } from "./injected.ts";
import { admissionPoliciesOf } from "./policies.ts";
import type { AdmissionPolicy, AdmissionRule, Admitted } from "./policy.ts";

/** What admission policies do with an Ingress and would not do with its route. */
export interface Uncovered {
  /** Why it stays: a policy protects it. */
  readonly refusals: readonly string[];
  readonly notes: readonly CutoverNote[];
}

/** The admission policies in the repository that match an Ingress and not its route. */
export function uncoveredPolicies(moving: MovingForm, { provides }: Parents["gateway"]): Uncovered {
  const { cluster, reading } = moving;
  const ingress = admittedOf(moving);
  const refusals: string[] = [];
  const notes: CutoverNote[] = [];
  for (const policy of cluster ? admissionPoliciesOf(cluster) : []) {
    const rules = uncoveredRules(policy, ingress);
    if (rules.length === 0) continue;
    const effect = ["configures", "checks"].find((one) => rules.some((rule) => rule.effect === one));
    const name = `${policy.name} (${policy.place})`;
    if (effect === undefined)
      notes.push({
        kind: "cutover",
        message: `${name} matches ${PLURALS[ingress.kind]} and not HTTPRoutes, so it will not apply to the route: ${extension(rules)}`,
      });
    else if (!provides.includes(policy.name))
      refusals.push(
        `${name} ${EFFECTS[effect as keyof typeof EFFECTS].replace("…", PLURALS[ingress.kind])}: write a policy that does the same for routes, and list ${policy.name} in route.gateways.${reading.ingressClass ?? ""}.provides in ${OPTIONS_FILE}`,
      );
  }
  return { refusals, notes };
}

function extension(rules: readonly AdmissionRule[]): string {
  const names = [...new Set(rules.flatMap(({ dns }) => [...(dns?.keys() ?? [])]))];
  const target = names.find((name) => name.endsWith("/target"));
  return target === undefined
    ? "extend it if the route needs what it does"
    : `external-dns reads ${target} from the route's Gateway, so write that there${names.length > 1 ? ", and extend it for its other annotations" : ""}`;
}

const PLURALS = { Ingress: "Ingresses", IngressRoute: "IngressRoutes", HTTPRoute: "HTTPRoutes" };

const EFFECTS = {
  configures:
    "writes settings of the controller into …, such as a login or an allow list, and not into HTTPRoutes",
  checks: "rejects … that do not meet its rules, and does not match HTTPRoutes",
};

/** The rules that match an Ingress, if no rule of the policy does for its route what they do. */
function uncoveredRules({ rules }: AdmissionPolicy, ingress: Admitted): readonly AdmissionRule[] {
  const route: Admitted = { ...ingress, kind: "HTTPRoute" };
  const own = rules.filter((rule) => rule.matches(ingress));
  // A route ignores the settings of a controller of Ingresses.
  const isCovered = rules.some(
    (rule) => rule.matches(route) && !(own.includes(rule) && rule.effect === "configures"),
  );
  return isCovered ? [] : own;
}
