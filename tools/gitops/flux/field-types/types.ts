import { FLUX_SPECS } from "./flux.ts";
import { KUBERNETES_CONTENTS, KUBERNETES_SPECS } from "./kubernetes.ts";
import { METADATA, type Fields, type MappingType } from "./notation.ts";

const SPECS: Fields = { ...FLUX_SPECS, ...KUBERNETES_SPECS };

/**
 * The types of the fields that are often written with another type, such as `value: 8080` below `env`, or with a typing error in their name. Other fields are not
 * checked.
 */
export function fieldTypes({ group, kind }: { readonly group: string; readonly kind: string }): MappingType {
  const key = `${group}/${kind}`;
  const spec = SPECS[key];
  return { fields: { metadata: METADATA, ...(spec && { spec }), ...KUBERNETES_CONTENTS[key] } };
}
