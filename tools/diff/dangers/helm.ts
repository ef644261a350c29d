import { at } from "../../../policy/engine/read.ts";
import type { BuiltObject } from "../../gitops/flux/built.ts";
import { asKubeObject } from "../../lint/kube-object.ts";
import type { Change, ClusterPair } from "../change.ts";
import { deletion } from "./deletion.ts";
import { hasRelease, releaseOf } from "../rendered.ts";

/**
 * What happens to an object that a chart no longer renders; undefined for any other object. If its release goes too, that is the danger, and the object is a note.
 * Helm keeps objects with `helm.sh/resource-policy: keep` (https://helm.sh/docs/howto/charts_tips_and_tricks/).
 */
export function uninstallation(
  removed: BuiltObject,
  { after }: ClusterPair,
): Pick<Change, "dangers" | "notes"> | undefined {
  const release = releaseOf(removed);
  if (release === undefined) return undefined;
  if (at(asKubeObject(removed.object), ["metadata", "annotations", "helm.sh/resource-policy"]) === "keep")
    return { dangers: [], notes: ["It stays on the cluster: helm.sh/resource-policy is keep."] };
  if (!hasRelease(after, release)) return { dangers: [], notes: [`Helm deletes it with ${release}.`] };
  const danger = deletion(removed, {
    isDeleted: true,
    reason: `the chart of ${release} no longer renders it`,
  });
  return {
    dangers: [
      {
        ...danger,
        message: danger.message.replace(/^Flux/, "Helm"),
        remediation:
          "To keep it, first annotate it with helm.sh/resource-policy: keep and let Flux apply that.",
      },
    ],
    notes: [],
  };
}

/** A note about an object that another release renders after the change: Helm refuses to take it over from the first. */
export function newRelease({
  before,
  after,
}: {
  readonly before: BuiltObject | undefined;
  readonly after: BuiltObject | undefined;
}): readonly string[] {
  const [old, now] = [releaseOf(before), releaseOf(after)];
  if (before === undefined || after === undefined || old === now) return [];
  return [`It moves from ${old ?? "Flux"} to ${now ?? "Flux"}.`];
}
