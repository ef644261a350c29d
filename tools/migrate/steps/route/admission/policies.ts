import { describeObject, type KubeObject } from "../../../../../kube/objects.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { groupOf } from "../../../../../policy/engine/object-index.ts";
import { fields, type Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { locate } from "../../../../gitops/yaml/source.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { admissionRule, bindingsOf } from "./api-server.ts";
import { gatekeeperConstraint, gatekeeperMutation } from "./gatekeeper.ts";
import { kyvernoRules } from "./kyverno.ts";
import type { AdmissionPolicy, AdmissionRule } from "./policy.ts";

/** The admission policies in a cluster. Those that a chart renders are not read. */
export const admissionPoliciesOf = oncePer(({ objects }: BuiltCluster): readonly AdmissionPolicy[] => {
  const bindings = objects
    .map(({ object }) => asKubeObject(object))
    .filter(({ kind }) => /^(?:Validating|Mutating)AdmissionPolicyBinding$/.test(kind))
    .map(({ spec }) => fields(spec));
  return objects.flatMap(({ object, origin }) => {
    const policy = asKubeObject(object);
    const rules = rulesOf(policy, bindings);
    const { file, line } = locate(origin);
    return rules.length === 0 ? [] : [{ name: describeObject(policy), place: `${file}:${line}`, rules }];
  });
});

function rulesOf(policy: KubeObject, bindings: readonly Fields[]): readonly AdmissionRule[] {
  const { kind, metadata } = policy;
  const spec = fields(policy.spec);
  switch (groupOf(policy)) {
    case "kyverno.io":
      return kind === "ClusterPolicy" || kind === "Policy"
        ? kyvernoRules(spec, kind === "Policy" ? (metadata.namespace ?? "default") : undefined)
        : [];
    case "policies.kyverno.io":
      return spec.matchConstraints === undefined ? [] : [admissionRule(spec, undefined)];
    case "admissionregistration.k8s.io":
      return kind === "ValidatingAdmissionPolicy" || kind === "MutatingAdmissionPolicy"
        ? [admissionRule(spec, bindingsOf(metadata.name, bindings))]
        : [];
    case "constraints.gatekeeper.sh":
      return [gatekeeperConstraint(spec)];
    case "mutations.gatekeeper.sh":
      return [gatekeeperMutation(spec)];
    default:
      return [];
  }
}
