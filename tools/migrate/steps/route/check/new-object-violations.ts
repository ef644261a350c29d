import { isDeepStrictEqual } from "node:util";
import type { BuiltCluster, BuiltObject } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { sameCluster, clusterOf } from "../../../clusters.ts";
import { fieldAt, fieldsIn, nameOf } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { newObjects, presentObject } from "../routes/new-objects.ts";
import { isIngress, readAny } from "../reading/kinds.ts";
import type { Reading } from "../reading/served.ts";
import { servicesOf } from "../backends/services.ts";

/** Why an object of Traefik must not be added: no Ingress in its namespace needs it. */
export function newObjectViolation(
  come: BuiltObject,
  context: StepContext,
  after: readonly BuiltCluster[],
): string | undefined {
  const now = clusterOf(come, after);
  const before = sameCluster(now, context.clusters);
  const { namespace, name } = nameOf(come.object);
  const isNeeded = (before?.objects ?? []).some(({ object }) => {
    if (!isIngress(object) || nameOf(object).namespace !== namespace) return false;
    const reading = readAny(object, namespace, servicesOf(before));
    return newObjects(reading, fieldsIn(object, ["metadata"])).some(
      (wanted) =>
        wanted.kind === come.object.kind &&
        nameOf(wanted).name === name &&
        isDeepStrictEqual(wanted.spec, fieldAt(come.object, ["spec"])),
    );
  });
  return isNeeded ? undefined : "no Ingress in its namespace has the settings that it enforces";
}

/** Why an Ingress must not be removed: an object that replaces one of its settings does not exist after the step. */
export function missingObject(
  ingress: Mapping,
  reading: Reading,
  now: BuiltCluster | undefined,
): string | undefined {
  const { namespace } = nameOf(ingress);
  const missing = newObjects(reading, fieldsIn(ingress, ["metadata"])).find(
    (wanted) => presentObject(now, namespace, wanted) !== "same",
  );
  return missing && `no ${scalarText(missing.kind)} ${nameOf(missing).name} replaces its settings`;
}
