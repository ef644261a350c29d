import { isMapping, type Mapping } from "../yaml/values.ts";
import { scalarText } from "./resource.ts";

/** Whether an object is a CustomResourceDefinition. */
export function isDefinition({ kind, apiVersion }: Mapping): boolean {
  return kind === "CustomResourceDefinition" && scalarText(apiVersion).startsWith("apiextensions.k8s.io/");
}

/** The scopes, as written, of the kinds that CustomResourceDefinitions among the objects define, keyed by `group/kind`. */
export function definedScopes(objects: readonly Mapping[]): ReadonlyMap<string, string> {
  return new Map(
    objects.filter(isDefinition).map((definition) => {
      const { group, names, scope } = isMapping(definition.spec) ? definition.spec : {};
      const kind = isMapping(names) ? scalarText(names.kind) : "";
      return [`${scalarText(group)}/${kind}`, scalarText(scope)];
    }),
  );
}
