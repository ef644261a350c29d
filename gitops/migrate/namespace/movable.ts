import { locate } from "../../documents/source.ts";
import { specOf } from "../../flux/flux-kustomization.ts";
import { KEEP } from "../annotate-kept.ts";
import { idOf } from "../objects.ts";
import { OPTIONS_FILE } from "../options.ts";
import type { Note } from "../step.ts";
import { pruneOf } from "./guard.ts";
import type { MovingRoot } from "./root.ts";

/** Why a root's patches cannot move its children, of the kind `left`; undefined where they can. */
export function whyNotMovable({ root, movers }: MovingRoot): Note | undefined {
  const id = idOf(root.object);
  const kept = movers.find(({ object }) => pruneOf(object) === "disabled");
  const left = (message: string, { origin } = root): Note => ({
    kind: "left",
    message,
    position: locate(origin),
  });
  if (root.kustomization && idOf(root.kustomization.object) === id)
    return left(
      `${id} applies itself, and its patches would move it as well; give the children a Kustomization of their own, and name that in ${OPTIONS_FILE}: namespace.root`,
    );
  if (specOf(root.object).prune !== true)
    return left(
      `${id} does not prune: the children would be in both places, and two would apply the same objects; set spec.prune to true`,
    );
  return (
    kept &&
    left(
      `${idOf(kept.object)} is never pruned: it would be in both places, and two would apply the same objects; take off the annotation ${KEEP}`,
      kept,
    )
  );
}
