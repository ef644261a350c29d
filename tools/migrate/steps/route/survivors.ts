import { createdOnlyBecause, hasMark, skippedBecause } from "../../../../policy/objects/flux.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { fieldAt, idOf } from "../../objects.ts";
import { isRelease } from "../oci/artifact.ts";
import type { CutoverNote } from "./outcome.ts";
import type { MovingForm } from "./gateway/parents.ts";

/** Why an Ingress must stay: Flux would not apply the change because of a mark on it, which its route takes over, or on its HelmRelease. */
export function whyNotApplied({ form: { object } }: MovingForm): readonly string[] {
  const own = asKubeObject(object);
  const skipped = skippedBecause(own);
  if (!isRelease(object))
    return skipped === undefined
      ? []
      : [`Flux would not create its route, which takes over ${skipped}: remove that first`];
  const mark = skipped ?? createdOnlyBecause(own);
  return mark === undefined ? [] : [`Flux does not change its HelmRelease (${mark}): remove that first`];
}

/** The Ingress that the cluster keeps although the repository no longer has it. */
export function survivor(moving: MovingForm): readonly CutoverNote[] {
  const who = keeper(moving);
  if (who === undefined) return [];
  const hosts = moving.hosts.join(", ");
  const message = `${hosts}: ${who}, so its controller and its DNS record stay: delete it by hand once the route works`;
  return [{ kind: "cutover", message }];
}

/** What does not delete an Ingress, and why. */
function keeper({ form: { object, kustomization }, reading }: MovingForm): string | undefined {
  if (isRelease(object))
    return reading.annotations.raw.get("helm.sh/resource-policy") === "keep"
      ? "Helm does not delete the Ingress (helm.sh/resource-policy: keep)"
      : undefined;
  const own = asKubeObject(object);
  const id = `${own.kind} ${idOf(object)}`;
  if (hasMark(own, "prune", "disabled"))
    return `Flux does not delete ${id} (kustomize.toolkit.fluxcd.io/prune: disabled)`;
  return kustomization && fieldAt(kustomization.object, ["spec", "prune"]) !== true
    ? `Flux does not delete ${id}, because Kustomization ${idOf(kustomization.object)} does not prune`
    : undefined;
}
