import { named } from "../../lib/counted.ts";
import { HELM_RELEASE } from "../../policy/objects/kinds.ts";
import {
  claimsDeletedWith,
  uninstallsOnFailure,
  upgradeTimeout,
} from "../../policy/objects/failed-upgrade.ts";
import type { Difference } from "../gitops/flux/differences.ts";
import { locate } from "../gitops/yaml/source.ts";
import { asKubeObject } from "../lint/kube-object.ts";
import { clusterOf, indexOf } from "./clusters.ts";
import { isKind } from "./objects.ts";
import type { Note, StepContext } from "./step.ts";

/** What to know before a release is upgraded that helm-controller uninstalls if its upgrade fails, on each release that a step changes. */
export function failedUpgradeNotes(
  intended: readonly Difference[],
  { clusters }: Pick<StepContext, "clusters">,
): readonly Note[] {
  return intended.flatMap(({ before, after, fields }) => {
    const cluster = before && after && clusterOf(before, clusters);
    if (!cluster || !isKind(before.object, HELM_RELEASE)) return [];
    const release = asKubeObject(before.object);
    if (!uninstallsOnFailure(release) || !fields.some((field) => field.startsWith("spec."))) return [];
    const message = whatFollows(upgradeTimeout(release), claimsDeletedWith(release, indexOf(cluster)));
    return [{ kind: "runbook", message, position: locate(before.origin) }];
  });
}

function whatFollows(timeout: string | undefined, claims: readonly string[]): string {
  const cause = timeout === undefined ? "" : `, for example because a pod is not ready after ${timeout}`;
  const data = claims.length === 0 ? "" : ` and deletes its ${named(claims, "claim")}`;
  return `before the commit: if the upgrade fails${cause}, helm-controller uninstalls the release${data}; set spec.upgrade.remediation.strategy to rollback to keep it`;
}
