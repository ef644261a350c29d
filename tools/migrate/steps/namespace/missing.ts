import { counted } from "../../../../lib/counted.ts";
import { locate, type Position } from "../../../gitops/yaml/source.ts";
import { entryOrigin, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { idOf, nameOf } from "../../objects.ts";
import type { Note } from "../../step.ts";
import { presentIn, referencesOf, type Reference } from "./references.ts";
import { bindingsIn, lostBindings } from "./rights.ts";

/** What Kustomizations would not find after a move. */
export interface Missing {
  /** Found today but not after the move; each one prevents the move. */
  readonly lost: readonly Note[];
  /** Not in the repository before or after, so only the cluster can show whether it exists; grouped by the object that the references name today. */
  readonly elsewhere: readonly (readonly Sought[])[];
}

/** A Kustomization's reference after a move. */
export interface Sought {
  readonly by: Mapping;
  readonly reference: Reference;
  /** The same reference today; undefined for a new one. */
  readonly former: Reference | undefined;
}

/** Compares what each Kustomization in a cluster finds before and after a move. */
export function missingAfter(before: BuiltCluster, after: BuiltCluster): Missing {
  const lost: Note[] = [...elsewhereImpersonated(before, after)];
  const elsewhere: Sought[] = [];
  const unfound: Sought[] = [];
  for (const sought of soughtAfter(before, after)) {
    const { reference, former } = sought;
    const { use, kind, namespace } = reference;
    const stays = former?.namespace === namespace;
    if (former && !stays && kind === "ServiceAccount")
      lost.push(...lostRights(sought, former, before, after));
    const inCloud = use === "decryption" && kind === "ServiceAccount";
    const found = presentIn(after, reference);
    if (former && !found && presentIn(before, former)) unfound.push(sought);
    else if (!stays && (!found || inCloud)) elsewhere.push(sought);
  }
  lost.push(...losses(unfound));
  const byObject = Map.groupBy(
    elsewhere,
    ({ reference: { use, kind, name, optional }, former }) =>
      `${use} ${kind} ${former?.namespace ?? ""}/${name} ${optional}`,
  );
  return { lost, elsewhere: [...byObject.values()] };
}

/** Every reference from a cluster's Kustomizations after a move. */
export function soughtAfter(before: BuiltCluster, after: BuiltCluster): readonly Sought[] {
  return pairs(before, after).flatMap(({ old, now }) => {
    const formers = old ? referencesOf(old.object) : [];
    return referencesOf(now.object).map((reference) => {
      const { use, kind, name } = reference;
      const former = formers.find((one) => one.use === use && one.kind === kind && one.name === name);
      return { by: now.object, reference, former };
    });
  });
}

function pairs(
  before: BuiltCluster,
  after: BuiltCluster,
): readonly { readonly old: BuiltObject | undefined; readonly now: BuiltObject }[] {
  const former = new Map(keyed(before).map(([key, built]) => [key, built]));
  return keyed(after).map(([key, now]) => ({ old: former.get(key), now }));
}

/** One note for all children that miss the same object for the same reason. */
function losses(unfound: readonly Sought[]): readonly Note[] {
  const equal = Map.groupBy(unfound, (sought) => JSON.stringify([placeOf(sought), reasonOf(sought)]));
  return [...equal.values()].flatMap((group): readonly Note[] => {
    const [first, ...others] = group;
    if (!first) return [];
    const rest = others.length === 0 ? "" : ` and ${counted(others.length, "other child", "other children")}`;
    const message = `cannot move: ${idOf(first.by)}${rest} would not find ${reasonOf(first)}`;
    return [{ kind: "refused", message, position: placeOf(first) }];
  });
}

const placeOf = ({ reference, former }: Sought): Position => locate((former ?? reference).origin);
/** What a child would not find, and what to do about it. */
function reasonOf({ by, reference, former }: Sought): string {
  const { use, kind, name, namespace, optional } = reference;
  const silent = optional
    ? "; the reference is optional, so its variables would be empty without an error"
    : "";
  const today = former?.namespace ?? namespace;
  const why = today === namespace ? "which moves too" : `because only ${today}/${name} exists`;
  return `${kind} ${namespace}/${name} (${use}), ${why}${silent}; ${remedy({ by, reference, former })}`;
}

function remedy({ by, reference: { use, namespace }, former }: Sought): string {
  if (use === "sourceRef") return "set the namespace in sourceRef";
  if (use !== "dependsOn") return `add it to this repository in ${namespace} first`;
  const today = former?.namespace ?? namespace;
  return nameOf(by).namespace === today
    ? "the dependency moves: set its new namespace in dependsOn first"
    : `set its namespace, ${today}, in dependsOn first`;
}

/** Rights of a Kustomization's ServiceAccount that the account in the new namespace would not have. */
function lostRights(
  { by, reference }: Sought,
  former: Reference,
  before: BuiltCluster,
  after: BuiltCluster,
): readonly Note[] {
  const { namespace, name } = reference;
  return lostBindings(bindingsIn(before), bindingsIn(after), former, reference).map((binding) => ({
    kind: "refused",
    message: `cannot move: ${idOf(by)} would use ServiceAccount ${namespace}/${name}, but ${binding} grants rights to ${former.namespace}/${name} only; add ${namespace}/${name} to it`,
    position: locate(former.origin),
  }));
}

/**
 * On a remote cluster as well, Flux uses the ServiceAccount in the Kustomization's namespace. The repository cannot show whether it exists there.
 */
function elsewhereImpersonated(before: BuiltCluster, after: BuiltCluster): readonly Note[] {
  return pairs(before, after).flatMap(({ old, now }): readonly Note[] => {
    if (!old || nameOf(old.object).namespace === nameOf(now.object).namespace) return [];
    const spec = specOf(old.object);
    const name = scalarText(spec.serviceAccountName);
    if (spec.kubeConfig === undefined || name === "") return [];
    const [from, to] = [old, now].map(({ object }) => nameOf(object).namespace);
    return [
      {
        kind: "refused",
        message: `cannot move: on its remote cluster, ${idOf(now.object)} would use ServiceAccount ${to ?? ""}/${name} instead of ${from ?? ""}/${name}, and its rights there are not known; exclude it with the opt-out label`,
        position: locate(entryOrigin(spec, "serviceAccountName")),
      },
    ];
  });
}

const isKustomization = ({ object }: BuiltObject): boolean => isFluxKustomization(object);

/** Kustomizations by what a move leaves as it is: their file, their name and, among those with the same name in a file, their place. */
function keyed({ objects }: BuiltCluster): readonly (readonly [string, BuiltObject])[] {
  const named = Map.groupBy(
    objects.filter(isKustomization),
    ({ object, origin }) => `${origin.source.file} ${nameOf(object).name}`,
  );
  return [...named].flatMap(([key, built]) => {
    const offsets = [...new Set(built.map(({ origin }) => origin.offset))].toSorted((a, b) => a - b);
    return built.map((one) => [`${key} ${offsets.indexOf(one.origin.offset)}`, one] as const);
  });
}
