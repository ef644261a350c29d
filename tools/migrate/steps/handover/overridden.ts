import { describeObject } from "../../../../kube/objects.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { sameCluster } from "../../clusters.ts";
import { findDocument, nameOf, placeOf } from "../../objects.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { Step, StepContext } from "../../step.ts";
import { pruneOf } from "../namespace/data.ts";
import { isGuarded } from "../namespace/root.ts";
import { handedOver, isKept } from "./objects.ts";

/** Guards that the build after the step does not have, because a patch overrides them. */
export const unmet: NonNullable<Step["unmet"]> = (
  { clusters, options },
  { clusters: after, repository, changed },
) =>
  clusters.flatMap((cluster) => {
    const now = sameCluster(cluster, after);
    return (now ? handedOver(now, options) : []).flatMap((built) => {
      const { file } = built.origin.source;
      const reason = changed.has(file) ? whyOverridden(built, repository) : undefined;
      return reason === undefined ? [] : [{ message: reason, files: [file] }];
    });
  });

/** Why an object has no guard although its file does; undefined if it has one, or its file does not. */
export function whyOverridden(
  { object, origin }: BuiltObject,
  repository: StepContext["repository"],
): string | undefined {
  const { file } = origin.source;
  const written = repository.isFile(file) ? findDocument({ file, origin }, repository) : undefined;
  if (!written || !isKept(written) || isKept(object)) return undefined;
  const what = describeObject({ kind: scalarText(object.kind), metadata: nameOf(object) });
  const [place, field, value] =
    isFluxKustomization(object) && !isGuarded(object)
      ? [placeOf(object, ["spec", "deletionPolicy"]), "spec.deletionPolicy", specOf(object).deletionPolicy]
      : [
          placeOf(object, ["metadata", "annotations", PRUNE_ANNOTATION]),
          `annotation ${PRUNE_ANNOTATION}`,
          pruneOf(object),
        ];
  return `${what} would not be guarded: ${place} sets its ${field} to ${scalarText(value) || "nothing"}, in spite of ${file}: remove that`;
}
