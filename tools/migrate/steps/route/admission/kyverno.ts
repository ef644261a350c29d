import { at, fields, list, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import {
  configuresController,
  dnsAnnotationsIn,
  matchesAny,
  matchesPattern,
  RESOURCES,
  type AdmissionRule,
  type Admitted,
} from "./policy.ts";

/**
 * The rules of a Policy or ClusterPolicy of kyverno.io.
 * @param namespace of a Policy, which applies only there
 */
export function kyvernoRules(spec: Fields, namespace: string | undefined): readonly AdmissionRule[] {
  return list(spec.rules)
    .map(fields)
    .map((rule) => ({
      matches: (object) => {
        if (namespace !== undefined && object.namespace !== namespace) return false;
        const targets = list(at(rule, ["mutate", "targets"])).map(fields);
        return targets.length > 0
          ? targets.some(({ kind }) => matchesKind(text(kind) ?? "", object))
          : isSelected(rule, object);
      },
      effect: effectOf(rule, spec),
      dns: dnsAnnotationsIn(rule.mutate),
    }));
}

/** Source: https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/ */
function isSelected({ match, exclude }: Fields, object: Admitted): boolean {
  const { any, all } = fields(exclude);
  const isExcluded =
    filtersIn(exclude, any).some((filter) => meets(filter, object) === true) ||
    (list(all).length > 0 && list(all).every((filter) => meets(fields(filter), object) === true));
  const wanted = fields(match);
  const isMatched =
    list(wanted.all).every((filter) => meets(fields(filter), object) !== false) &&
    (list(wanted.all).length > 0 ||
      filtersIn(match, wanted.any).some((filter) => meets(filter, object) !== false));
  return isMatched && !isExcluded;
}

/** The filters of which one is enough; the older form has one without a list. */
const filtersIn = (block: unknown, any: unknown): readonly Fields[] =>
  [...list(any), ...(at(block, ["resources"]) === undefined ? [] : [block])].map(fields);

/** Conditions on the object that {@link meets} decides; any other is open. */
const DECIDED = ["kinds", "name", "names", "namespaces", "annotations"];

/** Whether an object meets a filter; undefined if the repository does not decide it. */
function meets(filter: Fields, object: Admitted): boolean | undefined {
  const resources = fields(filter.resources);
  const names = [...texts(resources.names), ...texts([resources.name])];
  const [kinds, namespaces] = [texts(resources.kinds), texts(resources.namespaces)];
  const { name } = object;
  const isDecided =
    Object.keys(filter).every((key) => key === "resources") &&
    Object.keys(resources).every((key) => DECIDED.includes(key)) &&
    (names.length === 0 || name !== undefined);
  const isMet =
    (kinds.length === 0 || kinds.some((kind) => matchesKind(kind, object))) &&
    (namespaces.length === 0 || matchesAny(namespaces, object.namespace)) &&
    (names.length === 0 || name === undefined || matchesAny(names, name)) &&
    Object.entries(fields(resources.annotations)).every(([key, value]) =>
      [...object.annotations].some(
        ([own, has]) => matchesPattern(key, own) && matchesPattern(text(value) ?? "", has),
      ),
    );
  return isMet && !isDecided ? undefined : isMet;
}

/** Whether `Kind`, `version/Kind` or `group/version/Kind` names an object's kind; a name in lower case is that of a subresource. */
function matchesKind(wanted: string, { kind }: Admitted): boolean {
  const parts = wanted.split("/").filter((part, index) => index === 0 || !/^[a-z]+$/.test(part));
  const [group = "*"] = parts.length === 3 ? parts : [];
  const isSubresource = /\/[a-z]+$/.test(wanted);
  return (
    !isSubresource && matchesPattern(parts.at(-1) ?? "", kind) && matchesPattern(group, RESOURCES[kind].group)
  );
}

function effectOf(rule: Fields, spec: Fields): AdmissionRule["effect"] {
  if (rule.mutate !== undefined) return configuresController(rule.mutate) ? "configures" : "other";
  if (rule.validate === undefined) return "other";
  const overrides = list(spec.validationFailureActionOverrides).map((one) => fields(one).action);
  const actions = [at(rule, ["validate", "failureAction"]) ?? spec.validationFailureAction, ...overrides];
  return actions.some((action) => /^enforce$/i.test(text(action) ?? "")) ? "checks" : "other";
}
