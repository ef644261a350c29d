import type { KubeObject } from "../../kube/objects.ts";
import { NAMESPACE } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import type { Problem, RuleContext } from "../engine/rule.ts";

/** A route, and the Gateway to which it should attach. */
export interface Admission {
  readonly gateway: KubeObject;
  readonly route: KubeObject;
  readonly objects: ObjectIndex;
}

/** Whether the listener admits the route's namespace; undefined if that depends on a Namespace that is not available. */
export function admits(listener: Fields, admission: Admission): boolean | undefined {
  const namespaces = namespacesOf(listener);
  if (namespaces.from === "All") return true;
  const [own, other] = [admission.route.metadata.namespace, admission.gateway.metadata.namespace];
  // Without Flux, another tool may set the namespace of an object that is written without one.
  if (own !== other && (own === undefined || other === undefined)) return undefined;
  if (namespaces.from !== "Selector") return own === other;
  const answers = answersTo(namespaces.selector, admission).map(({ isMet }) => isMet);
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

/** What to do about a namespace that no listener admits, if one would admit it with more labels. */
export function labelRemedy(
  listeners: readonly Fields[],
  admission: Admission,
  host: RuleContext["host"],
): Pick<Problem, "remediation"> {
  const labels = listeners
    .map((listener) => missingLabels(listener, admission))
    .find(({ length }) => length > 0);
  if (labels === undefined) return {};
  const name = admission.route.metadata.namespace ?? "";
  const label = `the ${labels.length === 1 ? "label" : "labels"} ${labels.join(", ")}`;
  return {
    remediation:
      host === "repository"
        ? `Give Namespace ${name} ${label}, or change the listener's allowedRoutes.`
        : `Give the namespace ${label}: kubectl label namespace ${name} ${labels.join(" ")}. If it does not exist, first run kubectl create namespace ${name}: the stack would create it unlabelled.`,
  };
}

/** The labels for which the listener's selector asks in vain; empty if it asks for anything else that labels cannot add. */
function missingLabels(listener: Fields, admission: Admission): readonly string[] {
  const { from, selector } = namespacesOf(listener);
  if (from !== "Selector") return [];
  const unmet = answersTo(selector, admission)
    .filter(({ isMet }) => isMet !== true)
    .map(({ requirement }) => requirement);
  return unmet.every(({ key, operator }) => key !== NAME_LABEL && operator === "In")
    ? unmet.map(({ key, values }) => `${String(key)}=${String(list(values)[0])}`)
    : [];
}

/** Each requirement of a selector, and whether the route's namespace meets it; undefined if its labels are not known. */
function answersTo(selector: unknown, { route, objects }: Admission) {
  const name = route.metadata.namespace ?? "";
  const namespace = objects.get(NAMESPACE, undefined, name);
  // The API server gives every namespace this label.
  const labels = { ...namespace?.metadata.labels, [NAME_LABEL]: name };
  return requirementsOf(fields(selector)).map((requirement) => ({
    requirement,
    isMet: namespace === undefined && requirement.key !== NAME_LABEL ? undefined : meets(labels, requirement),
  }));
}

function namespacesOf(listener: Fields): Fields {
  return fields(at(listener, ["allowedRoutes", "namespaces"]));
}

const NAME_LABEL = "kubernetes.io/metadata.name";

/** A label selector as a list of requirements, all of which must hold. */
export function requirementsOf({ matchLabels, matchExpressions }: Fields): readonly Fields[] {
  return [
    ...Object.entries(fields(matchLabels)).map(([key, value]) => ({ key, operator: "In", values: [value] })),
    ...list(matchExpressions).map(fields),
  ];
}

function meets(labels: Fields, { key, operator, values }: Fields): boolean | undefined {
  const value = labels[text(key) ?? ""];
  const isListed = value !== undefined && list(values).includes(value);
  switch (operator) {
    case "In":
      return isListed;
    case "NotIn":
      return !isListed;
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
  return undefined;
}
