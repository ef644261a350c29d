import Ajv, { type ValidateFunction } from "ajv";
import type { KubeObject } from "../../../kube/objects.ts";
import { gatewayApiDefinitions } from "../gateway-api.ts";

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly {
    readonly name: string;
    readonly schema: { readonly openAPIV3Schema: object };
  }[];
}

/**
 * Reads the definitions of the Gateway API.
 * @returns a function that validates an object, and adds the defaults, as the API server does with these definitions; only their CEL rules
 * are not evaluated
 */
export async function gatewayDefinitions(): Promise<(object: KubeObject) => KubeObject> {
  const ajv = new Ajv({ useDefaults: true, unknownFormats: ["int32", "int64"], nullable: true });
  ajv.addKeyword("x-kubernetes-list-map-keys", {
    type: "array",
    validate: (keys: readonly string[], items: readonly Readonly<Record<string, unknown>>[]) =>
      new Set(items.map((item) => JSON.stringify(keys.map((key) => item[key])))).size === items.length,
  });
  const validators = new Map<string, ValidateFunction>();
  for (const { spec } of await gatewayApiDefinitions()) {
    const { group, names, versions } = spec as DefinitionSpec;
    for (const { name, schema } of versions)
      validators.set(`${group}/${name} ${names.kind}`, ajv.compile(schema.openAPIV3Schema));
  }
  return (object) => {
    const validate = validators.get(`${object.apiVersion} ${object.kind}`);
    if (validate === undefined) return object;
    const copy = structuredClone(object);
    if (validate(copy) === true) return copy;
    throw new Error(`${object.kind} ${object.metadata.name}: ${ajv.errorsText(validate.errors)}`);
  };
}
