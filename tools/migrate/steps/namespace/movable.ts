import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, type Origin } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { pathOf, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import { idOf } from "../../objects.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { Note } from "../../step.ts";
import { pruneOf } from "./data.ts";
import type { MovingRoot } from "./root.ts";

/** Why a root's patches cannot move its children, as a `refused` note; undefined if they can. */
export function whyNotMovable(
  { cluster, root, movers }: MovingRoot,
  repository: Repository,
): Note | undefined {
  const id = idOf(root.object);
  const kept = movers.find(({ object }) => pruneOf(object) === "disabled");
  const left = (message: string, { origin } = root): Note => ({
    kind: "refused",
    message,
    position: locate(origin),
  });
  if (root.kustomization && idOf(root.kustomization.object) === id)
    return left(
      `cannot move: ${id} applies itself, so its patches would move it as well; put the children under a separate Kustomization and set namespace.root in ${OPTIONS_FILE} to its name`,
    );
  if (specOf(root.object).prune !== true)
    return left(
      `cannot move: ${id} does not prune, so every child would exist twice and apply the same objects; set spec.prune to true`,
    );
  const built = cluster.kustomizations.find(({ object }) => object === root.object);
  if (built && built.directory !== pathOf(root.object))
    return left(
      `cannot move: the source of ${id} delivers only a directory of this repository, and this step would write paths from the top`,
    );
  const transformer = namespaceOver(root.object, repository);
  if (transformer)
    return {
      kind: "refused",
      message: `cannot move: this field sets the namespace of everything that ${id} applies, and Kustomize applies it after the patches, which would undo the move; write the namespace in the files instead, and remove this field`,
      position: locate(transformer),
    };
  return (
    kept &&
    left(
      `cannot move: ${idOf(kept.object)} is never pruned, so it would exist twice and apply the same objects; remove its annotation ${PRUNE_ANNOTATION}`,
      kept,
    )
  );
}

/** The field that sets a namespace for everything that the root applies; Kustomize applies it after the patches. */
function namespaceOver(root: Mapping, repository: Repository): Origin | undefined {
  const spec = specOf(root);
  if (scalarText(spec.targetNamespace) !== "") return entryOrigin(spec, "targetNamespace");
  const file = findKustomizationFile(repository, pathOf(root));
  const fields = file === undefined ? undefined : repository.parse(file).documents[0]?.value;
  return isMapping(fields) && scalarText(fields.namespace) !== ""
    ? entryOrigin(fields, "namespace")
    : undefined;
}
