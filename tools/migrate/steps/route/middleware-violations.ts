import { isDeepStrictEqual } from "node:util";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { sameCluster, clusterOf } from "../../clusters.ts";
import { fieldAt, fieldsIn, nameOf } from "../../objects.ts";
import type { StepContext } from "../../step.ts";
import { newMiddlewares, presentMiddleware } from "./new-middlewares.ts";
import { isIngress, readAny } from "./object.ts";
import type { Reading } from "./served.ts";
import { servicesOf } from "./services.ts";

/** Why a Middleware must not be added: no Ingress in its namespace needs it. */
export function middlewareViolation(
  come: BuiltObject,
  context: StepContext,
  after: readonly BuiltCluster[],
): string | undefined {
  const now = clusterOf(come, after);
  const before = sameCluster(now, context.clusters);
  const { namespace, name } = nameOf(come.object);
  const isNeeded = (before?.objects ?? []).some(({ object }) => {
    if (!isIngress(object) || nameOf(object).namespace !== namespace) return false;
    const { annotations } = readAny(object, namespace, servicesOf(before));
    return newMiddlewares(annotations.translations, fieldsIn(object, ["metadata"])).some(
      (wanted) =>
        nameOf(wanted).name === name && isDeepStrictEqual(wanted.spec, fieldAt(come.object, ["spec"])),
    );
  });
  return isNeeded ? undefined : "no Ingress in its namespace has the settings that it enforces";
}

/** Why an Ingress must not be removed: a Middleware that replaces one of its settings does not exist after the step. */
export function missingMiddleware(
  ingress: Mapping,
  { annotations }: Reading,
  now: BuiltCluster | undefined,
): string | undefined {
  const { namespace } = nameOf(ingress);
  const missing = newMiddlewares(annotations.translations, fieldsIn(ingress, ["metadata"])).find(
    (wanted) => presentMiddleware(now, namespace, wanted) !== "same",
  );
  return missing && `no Middleware ${nameOf(missing).name} replaces its settings`;
}
