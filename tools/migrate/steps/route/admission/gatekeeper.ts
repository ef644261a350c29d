import { at, fields, list, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import {
  configuresController,
  dnsAnnotationsIn,
  matchesAny,
  RESOURCES,
  type AdmissionRule,
  type Admitted,
} from "./policy.ts";

/** The rule of a constraint, whose kind is that of its template. Source: https://open-policy-agent.github.io/gatekeeper/website/docs/howto */
export function gatekeeperConstraint({ match, enforcementAction, ...spec }: Fields): AdmissionRule {
  const scoped = list(spec.scopedEnforcementActions).map((one) => fields(one).action);
  const action = text(enforcementAction) ?? "deny";
  return {
    matches: (object) => isMatched(fields(match), object),
    effect: action === "deny" || (action === "scoped" && scoped.includes("deny")) ? "checks" : "other",
  };
}

/** The rule of an Assign, AssignMetadata or ModifySet of mutations.gatekeeper.sh. */
export function gatekeeperMutation({ applyTo, match, location, parameters }: Fields): AdmissionRule {
  return {
    matches: (object) =>
      (applyTo === undefined ||
        list(applyTo).some((one) => names(fields(one).groups, fields(one).kinds, object))) &&
      isMatched(fields(match), object),
    effect: configuresController([location, parameters]) ? "configures" : "other",
    dns: dnsAnnotationsIn([location, parameters]),
  };
}

function isMatched(match: Fields, object: Admitted): boolean {
  const kinds = list(match.kinds).map(fields);
  const namespaces = texts(match.namespaces);
  const name = text(match.name);
  return (
    (kinds.length === 0 || kinds.some((one) => names(one.apiGroups, one.kinds, object))) &&
    (namespaces.length === 0 || matchesAny(namespaces, object.namespace)) &&
    !matchesAny(texts(match.excludedNamespaces), object.namespace) &&
    (name === undefined || object.name === undefined || matchesAny([name], object.name)) &&
    at(match, ["scope"]) !== "Cluster"
  );
}

const names = (groups: unknown, kinds: unknown, { kind }: Admitted): boolean =>
  matchesAny(texts(groups), RESOURCES[kind].group) && matchesAny(texts(kinds), kind);
