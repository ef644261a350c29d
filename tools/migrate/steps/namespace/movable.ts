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
import { pruneOf } from "./guard.ts";
import type { MovingRoot } from "./root.ts";

/** Why a root's patches cannot move its children, of the kind `left`; undefined where they can. */
export function whyNotMovable({ root, movers }: MovingRoot, repository: Repository): Note | undefined {
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
  const transformer = namespaceOver(root.object, repository);
  if (transformer)
    return {
      kind: "left",
      message: `the namespace that this gives to all that ${id} applies comes after its patches, and keeps the children where they are; write it in the files, and take it out here`,
      position: locate(transformer),
    };
  return (
    kept &&
    left(
      `${idOf(kept.object)} is never pruned: it would be in both places, and two would apply the same objects; take off the annotation ${PRUNE_ANNOTATION}`,
      kept,
    )
  );
}

/** What sets a namespace where kustomize-controller adds the patches, which Kustomize applies first. */
function namespaceOver(root: Mapping, repository: Repository): Origin | undefined {
  const spec = specOf(root);
  if (scalarText(spec.targetNamespace) !== "") return entryOrigin(spec, "targetNamespace");
  const file = findKustomizationFile(repository, pathOf(root, repository));
  const fields = file === undefined ? undefined : repository.parse(file).documents[0]?.value;
  return isMapping(fields) && scalarText(fields.namespace) !== ""
    ? entryOrigin(fields, "namespace")
    : undefined;
}
