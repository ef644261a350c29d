import type { KubeObject } from "../../kube/objects.ts";
import type { BuildSteps } from "../../policy/engine/rule.ts";
import type { Mapping } from "../gitops/yaml/values.ts";
import type { BuiltObject } from "../gitops/flux/built.ts";

/** A built object for the rules: it has every field that they require. */
export function asKubeObject(object: Mapping): KubeObject {
  return object as unknown as KubeObject;
}

/** An object at the steps of its Flux build. `beforePatches` is built when it is read. */
export function buildStepsOf({
  object,
  kustomization,
  beforeSubstitution,
  origin,
}: BuiltObject): BuildSteps | undefined {
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
