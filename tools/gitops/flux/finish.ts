import { Resource } from "../kustomize/resource.ts";
import { describeId, effectiveNamespace } from "../kustomize/resource-id.ts";
import { BuildError } from "../problem.ts";
import { originOf, type Mapping } from "../yaml/values.ts";
import { addCommonMetadata } from "./flux-kustomization.ts";
import { substituteObject, type MissingVariable } from "./substitution.ts";
import { lookupIn, substitutes, type Variables } from "./variables.ts";

/** The error for the first object that substitution has given the id of another one. Source: Replace in kustomize's api/resmap/reswrangler.go. */
export function collision(objects: readonly Mapping[]): BuildError | undefined {
  const seen = new Set<string>();
  for (const object of objects) {
    const { id } = new Resource(object, originOf(object));
    const { group, version, kind } = id.gvk;
    const key = [group, version, kind, effectiveNamespace(id), id.name].join(" ");
    if (seen.has(key))
      return new BuildError(
        `after substitution two objects have the same id: ${describeId(id)}`,
        originOf(object),
      );
    seen.add(key);
  }
  return undefined;
}

/**
 * A built object as a Flux Kustomization applies it: after variable substitution and with `spec.commonMetadata`.
 * @param onMissing receives the variables that Flux rejects in strict mode
 * @throws BuildError for an expression that Flux rejects
 */
export function finishObject(
  object: Mapping,
  kustomization: Mapping,
  variables: Variables | undefined,
  onMissing?: (variable: MissingVariable) => void,
): Mapping {
  return addCommonMetadata(
    substitutes(variables) ? substituteObject(object, lookupIn(variables), onMissing) : object,
    kustomization,
  );
}
