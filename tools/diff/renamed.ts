import { isMapping } from "../gitops/yaml/values.ts";
import type { BuiltObject } from "../gitops/flux/built.ts";
import { differingFields, type Difference } from "../gitops/flux/differences.ts";
import { asKubeObject } from "../lint/kube-object.ts";

/** The hash that Kustomize's generators append to a name (`encode` in kustomize/api/hasher). */
const HASH = /-[2456789bcdfghkmt]{10}$/;

/**
 * Joins a removed and an added ConfigMap or Secret that a generator named after its contents, so that a change of the contents is one difference.
 * Everything else is left as it is.
 */
export function pairRenamed(all: readonly Difference[]): readonly Difference[] {
  const removed = new Map<string, Difference[]>();
  for (const difference of all) {
    const stem = difference.after ? undefined : stemOf(difference.before);
    if (stem !== undefined) removed.set(stem, [...(removed.get(stem) ?? []), difference]);
  }
  const joined = new Map<Difference, Difference>();
  const replaced = new Set<Difference>();
  for (const difference of all) {
    const stem = difference.before ? undefined : stemOf(difference.after);
    const [former, another] = removed.get(stem ?? "") ?? [];
    if (former?.before === undefined || another !== undefined || replaced.has(former)) continue;
    replaced.add(former);
    joined.set(difference, {
      ...difference,
      before: former.before,
      fields: fieldsOf(former.before, difference.after),
    });
  }
  return all.filter((one) => !replaced.has(one)).map((one) => joined.get(one) ?? one);
}

/** What two names of a generated object have in common; undefined for an object that no generator named. */
function stemOf(built: BuiltObject | undefined): string | undefined {
  if (!built || !["ConfigMap", "Secret"].includes(asKubeObject(built.object).kind)) return undefined;
  const { metadata, kind } = asKubeObject(built.object);
  return HASH.test(metadata.name)
    ? [kind, metadata.namespace ?? "", metadata.name.replace(HASH, "")].join(" ")
    : undefined;
}

function fieldsOf(before: BuiltObject, after: BuiltObject | undefined): readonly string[] {
  return isMapping(after?.object) ? differingFields(before.object, after.object, "") : [];
}
