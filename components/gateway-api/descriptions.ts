import { omit } from "../../lib/omit.ts";
import type { KubeObject } from "../../kube/objects.ts";

/**
 * What is read of a CRD's schema. In a structural schema, descriptions occur in these places only
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
 */
interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

interface Version {
  readonly schema?: { readonly openAPIV3Schema?: Schema };
}

/**
 * The CRD without the descriptions in its schemas, which are almost three quarters of it. It accepts and stores the same objects; only `kubectl explain` no longer
 * has a text for each field.
 */
export function withoutDescriptions(crd: KubeObject): KubeObject {
  const spec = crd.spec as { readonly versions?: readonly Version[] } | undefined;
  if (spec?.versions === undefined) return crd;
  return { ...crd, spec: { ...spec, versions: spec.versions.map(bareVersion) } };
}

function bareVersion(version: Version): Version {
  const schema = version.schema?.openAPIV3Schema;
  return schema === undefined ? version : { ...version, schema: { openAPIV3Schema: bare(schema) } };
}

function bare(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...omit(schema, "description"),
    ...(properties && { properties: bareProperties(properties) }),
    ...(items && { items: bare(items) }),
    ...(typeof additionalProperties === "object" && { additionalProperties: bare(additionalProperties) }),
  };
}

function bareProperties(properties: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, bare(schema)]));
}
