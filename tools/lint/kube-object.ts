import type { KubeObject } from "../../kube/objects.ts";
import type { BuildSteps } from "../../policy/engine/rule.ts";
import { locate } from "../gitops/yaml/source.ts";
import { originOf, type Mapping } from "../gitops/yaml/values.ts";
import type { BuiltObject } from "../gitops/flux/built.ts";

/** Casts a built object, which has every required field, to the type that the rules expect. */
export function asKubeObject(object: Mapping): KubeObject {
  return object as unknown as KubeObject;
}

/** The file that contains an object. */
export function fileOf(object: KubeObject): string {
  return locate(originOf(object as unknown as Mapping)).file;
}

/** An object at each step of its Flux build. `beforePatches` is built on first access. */
export function buildStepsOf({
  object,
  kustomization,
  beforeSubstitution,
  origin,
}: BuiltObject): BuildSteps | undefined {
  if (!kustomization) return undefined;
  const variables = kustomization.variablesFor(beforeSubstitution, origin);
  return {
    kustomization: asKubeObject(kustomization.object),
    get beforePatches() {
      return asKubeObject(kustomization.beforePatches(origin) ?? object);
    },
    beforeSubstitution: asKubeObject(beforeSubstitution),
    variables: variables?.values ?? new Map(),
    variablesComplete: variables?.complete ?? true,
    missingRefused: kustomization.refusesMissing,
  };
}
