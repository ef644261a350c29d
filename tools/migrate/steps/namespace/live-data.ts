import type { ClusterReader } from "../../../../kube/client.ts";
import { describeOwned, liveInventory } from "../../live/inventory.ts";
import type { LiveKustomization } from "../../live/kustomizations.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import { isData } from "./data.ts";
import { annotateCommand, whyUnreconciled } from "./unreconciled.ts";

/** Live objects with data that Flux may still prune, one sentence each. */
export async function unkeptData(
  kustomizations: readonly LiveKustomization[],
  kinds: readonly string[],
  cluster: ClusterReader,
): Promise<readonly string[]> {
  const data = kustomizations
    .flatMap(liveInventory)
    .filter(({ apiVersion, kind }) => isData({ apiVersion, kind }, kinds));
  const found = await Promise.all(
    data.map(async (owned) => {
      const { apiVersion, kind, namespace, name } = owned;
      const live = await cluster.get({ apiVersion, kind, metadata: { namespace, name } });
      if (live === undefined || live.metadata.annotations?.[PRUNE_ANNOTATION] === "disabled") return [];
      const mark = whyUnreconciled(live);
      const command = annotateCommand(live, [name]);
      const how = mark === undefined ? "" : `; Flux does not add it (${mark}), so run: ${command}`;
      return [
        `${describeOwned(owned)} holds data and does not have the annotation ${PRUNE_ANNOTATION}: disabled${how}`,
      ];
    }),
  );
  return found.flat();
}
