import { at, fields, list, texts, type Fields } from "../../../../../policy/engine/read.ts";
import { selectorMatches, type Pods } from "../network/selectors.ts";
import {
  configuresController,
  dnsAnnotationsIn,
  RESOURCES,
  type AdmissionRule,
  type Admitted,
} from "./policy.ts";

/**
 * The rule of a ValidatingAdmissionPolicy or MutatingAdmissionPolicy, or of one of Kyverno's policies with the same fields.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @param bindings the `spec` of each binding; undefined for a policy that needs none
 */
export function admissionRule(spec: Fields, bindings: readonly Fields[] | undefined): AdmissionRule {
  const mutations = spec.mutations;
  const actions = [spec, ...(bindings ?? [])].flatMap(({ validationActions }) => texts(validationActions));
  const isDenied = actions.includes("Deny") || (bindings === undefined && actions.length === 0);
  const effect = mutations === undefined ? (isDenied ? "checks" : "other") : effectOf(mutations);
  return {
    matches: (object) =>
      constrains(fields(spec.matchConstraints), object) &&
      (bindings === undefined ||
        bindings.length === 0 ||
        bindings.some(({ matchResources }) => constrains(fields(matchResources), object))),
    effect,
    dns: dnsAnnotationsIn(mutations),
  };
}

const effectOf = (mutations: unknown): AdmissionRule["effect"] =>
  // CEL writes `Object{spec: …}`.
  configuresController(mutations) || /\bspec\s*:/.test(JSON.stringify(mutations)) ? "configures" : "other";

function constrains(
  { resourceRules, excludeResourceRules, namespaceSelector }: Fields,
  object: Admitted,
): boolean {
  const isListed = (rule: unknown): boolean => names(fields(rule), object);
  return (
    (resourceRules === undefined || list(resourceRules).some(isListed)) &&
    !list(excludeResourceRules).some(isListed) &&
    selectorMatches(namespaceSelector, namespaceNamed(object.namespace)) !== false
  );
}

function names({ apiGroups, resources, resourceNames }: Fields, { kind, name }: Admitted): boolean {
  const { group, plural } = RESOURCES[kind];
  const wanted = texts(resourceNames);
  return (
    ["*", group].some((one) => texts(apiGroups).includes(one)) &&
    ["*", "*/*", plural].some((one) => texts(resources).includes(one)) &&
    (wanted.length === 0 || name === undefined || wanted.includes(name))
  );
}

/** A namespace of which only the name is known. */
const namespaceNamed = (namespace: string): Pods => ({
  namespace,
  labels: new Map([["kubernetes.io/metadata.name", namespace]]),
  mayHave: /^/,
});

/** The `spec` of the bindings of a policy. */
export const bindingsOf = (name: string, bindings: readonly Fields[]): readonly Fields[] =>
  bindings.filter((binding) => at(binding, ["policyName"]) === name);
