import type { KubeObject } from "../../kube/objects.ts";
import type { Origin as RuleOrigin } from "../../policy/engine/rule.ts";
import type { Mapping } from "../gitops/yaml/values.ts";
import type { BuiltObject } from "../gitops/flux/built.ts";

/** An object of a build as the rules take it: every built object has the fields that they read. */
export function asKubeObject(object: Mapping): KubeObject {
  return object as unknown as KubeObject;
}

/** How Flux makes an object, as the rules ask for it. What is costly is built when it is read. */
export function ruleOrigin({
  object,
  kustomization,
  beforeSubstitution,
  origin,
}: BuiltObject): RuleOrigin | undefined {
  if (!kustomization) return undefined;
  return {
    kustomization: asKubeObject(kustomization.object),
    get beforePatches() {
      return asKubeObject(kustomization.beforePatches(origin) ?? object);
    },
    beforeSubstitution: asKubeObject(beforeSubstitution),
    variables: kustomization.variables?.values ?? new Map(),
    variablesComplete: kustomization.variables?.complete ?? true,
  };
}
