import { fields, type Fields } from "../../../../policy/engine/read.ts";
import { valuesOf } from "../../../../policy/objects/helm.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { indexOf } from "../../clusters.ts";
import { fieldAt, fieldsIn } from "../../objects.ts";
import { CONFIG_PATH, START_DELAY } from "./place.ts";

/** A release as its chart sees it: with the values from `spec.valuesFrom` below `spec.values`. */
export interface WithAllValues {
  readonly release: Mapping;
  /** Why some of its values are not known; undefined if all are. */
  readonly unknown: string | undefined;
}

/** Adds the values from `spec.valuesFrom`, of which the repository may contain only some. */
export function withAllValues(release: Mapping, cluster: BuiltCluster): WithAllValues {
  return allValuesIn(cluster)(release);
}

const allValuesIn = oncePer((cluster: BuiltCluster) =>
  oncePer((release: Mapping) => addedValues(release, cluster)),
);

function addedValues(release: Mapping, cluster: BuiltCluster): WithAllValues {
  const spec = fieldsIn(release, ["spec"]);
  const references = mappingsIn(spec.valuesFrom).filter((reference) => !isVariable(reference));
  if (references.length === 0) return { release, unknown: undefined };
  const read = { ...release, spec: { ...spec, valuesFrom: [...references] } };
  const { values, complete } = valuesOf(asKubeObject(read), indexOf(cluster));
  const names = references.map(({ kind, name }) => `${scalarText(kind)} ${scalarText(name)}`).join(", ");
  return {
    release: { ...release, spec: { ...spec, values: values as Mapping } },
    unknown: complete
      ? undefined
      : `some of its values come from ${names}, which this repository does not contain in plain text: move what is not secret to spec.values first`,
  };
}

/** Whether a reference sets one environment variable that the step neither reads nor sets. */
function isVariable({ targetPath }: Mapping): boolean {
  const [, name] = /(?:^|\.)env\.([A-Z][A-Z0-9_]*)$/.exec(scalarText(targetPath)) ?? [];
  return name !== undefined && ![CONFIG_PATH, "GATUS_CONFIG_FILE", START_DELAY.name].includes(name);
}

/** Why values cannot be added below `spec.values`: a list there would replace one that `spec.valuesFrom` sets. */
export function whyReplacing(added: Mapping, all: Mapping, own: Mapping): string | undefined {
  const list = replacedList(
    added,
    fields(fieldAt(all, ["spec", "values"])),
    fieldAt(own, ["spec", "values"]),
  );
  return (
    list &&
    `its valuesFrom set the list ${list.join(".")}, and one in spec.values would replace it: move the list to spec.values first`
  );
}

function replacedList(added: Mapping, all: Fields, own: Value | undefined): readonly string[] | undefined {
  for (const [key, value] of Object.entries(added)) {
    const [present, written] = [all[key], fieldAt(own, [key])];
    if (Array.isArray(value)) {
      if (Array.isArray(present) && written === undefined) return [key];
    } else if (isMapping(value)) {
      const below = replacedList(value, fields(present), written);
      if (below) return [key, ...below];
    }
  }
  return undefined;
}
