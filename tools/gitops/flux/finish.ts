import type { Mapping } from "../yaml/values.ts";
import { addCommonMetadata } from "./flux-kustomization.ts";
import { substituteObject } from "./substitution.ts";
import { lookupIn, type Variables } from "./variables.ts";

/**
 * A built object as a Flux Kustomization applies it: after variable substitution and with `spec.commonMetadata`.
 * @throws BuildError for an expression that Flux rejects
 */
export function finishObject(
  object: Mapping,
  kustomization: Mapping,
  variables: Variables | undefined,
): Mapping {
  const substitutes = variables && (variables.always || variables.values.size > 0 || !variables.complete);
  return addCommonMetadata(
    substitutes ? substituteObject(object, lookupIn(variables)) : object,
    kustomization,
  );
}
