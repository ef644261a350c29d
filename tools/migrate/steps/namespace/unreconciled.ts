import type { KubeObject } from "../../../../kube/objects.ts";
import { createdOnlyBecause, skippedBecause } from "../../../../policy/objects/flux.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { parseApiVersion } from "../../../gitops/kustomize/kinds.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { contextFlag } from "../../live/reconcile.ts";
import { PRUNE_ANNOTATION } from "../../prune-annotation.ts";
import type { Note, StepContext } from "../../step.ts";
import { dataKindsOf, isData } from "./data.ts";
import type { MovingRoot } from "./root.ts";

/**
 * Objects with data that Flux does not change once they exist, because of a mark on them, with the commands for their annotation. Flux decides by the
 * live object whether it prunes it, so the annotation in the repository does not help them.
 * Sources: fluxcd/pkg, ssa/manager_apply.go, shouldSkipApply (a skipped object is not applied at all) and ssa/manager_delete.go, Delete.
 */
export function unreconciledData(
  { cluster }: MovingRoot,
  context: Pick<StepContext, "clusters" | "options" | "repository">,
): readonly Note[] {
  const kinds = dataKindsOf(context);
  const marked = cluster.objects
    .filter(({ object, kustomization }) => kustomization && isData(object, kinds))
    .flatMap((data): readonly Marked[] => {
      const object = asKubeObject(data.object);
      const mark = whyUnreconciled(object);
      return mark === undefined ? [] : [{ data, object, mark }];
    });
  const groups = Map.groupBy(marked, ({ object, mark }) =>
    JSON.stringify([kindOf(object), object.metadata.namespace ?? "", mark]),
  );
  return [...groups.values()].map((own) => noteOf(own, contextFlag(cluster, context.clusters)));
}

/** The mark because of which Flux does not add the annotation to an object that exists; undefined if it has none. */
export const whyUnreconciled = (object: KubeObject): string | undefined =>
  skippedBecause(object) ?? createdOnlyBecause(object);

/** The command that adds the annotation to objects of one kind and namespace. */
export function annotateCommand(
  { apiVersion, kind, metadata: { namespace = "" } }: KubeObject,
  names: readonly string[],
  flag = "",
): string {
  const place = namespace === "" ? "" : ` -n ${namespace}`;
  return `kubectl annotate ${kindOf({ apiVersion, kind })} ${names.join(" ")}${place} ${PRUNE_ANNOTATION}=disabled --overwrite${flag}`;
}

interface Marked {
  readonly data: BuiltObject;
  readonly object: KubeObject;
  readonly mark: string;
}

/** `Kind` or `Kind.group`, which kubectl takes, too. */
function kindOf({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): string {
  const { group } = parseApiVersion(apiVersion);
  return group === "" ? kind : `${kind}.${group}`;
}

/** One line for the objects of one kind, namespace and mark. */
function noteOf(own: readonly Marked[], flag: string): Note {
  const [first] = own;
  if (!first) throw new RangeError("a group has at least one object");
  const { object, mark, data } = first;
  const names = [...new Set(own.map((one) => one.object.metadata.name))].toSorted();
  const { namespace = "" } = object.metadata;
  const ids = names.map((name) => (namespace === "" ? name : `${namespace}/${name}`)).join(", ");
  return {
    kind: "runbook",
    message: `${object.kind} ${ids}: Flux does not change what exists (${mark}), so reconciling does not add prune: disabled, and until it is there only deletionPolicy: Orphan keeps the data; before the move run: ${annotateCommand(object, names, flag)}`,
    position: locate(data.origin),
  };
}
