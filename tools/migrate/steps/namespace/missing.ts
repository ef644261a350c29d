import { locate } from "../../../gitops/yaml/source.ts";
import { entryOrigin, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { idOf, nameOf } from "../../objects.ts";
import type { Note } from "../../step.ts";
import { presentIn, referencesOf, type Reference } from "./references.ts";
import { bindingsIn, lostBindings } from "./rights.ts";

/** What Kustomizations would look for in vain after a move. */
export interface Missing {
  /** It is there today, and would not be: each a reason against the move. */
  readonly lost: readonly Note[];
  /** The repository does not hold it, neither before nor after: only the cluster can tell. Of what is one object today, all that look for it. */
  readonly elsewhere: readonly (readonly Sought[])[];
}

/** What a Kustomization looks for after a move. */
export interface Sought {
  readonly by: Mapping;
  readonly reference: Reference;
  /** Where it looks for it today; undefined where it does not. */
  readonly former: Reference | undefined;
}

/** Compares what each Kustomization of a cluster finds before and after a move. */
export function missingAfter(before: BuiltCluster, after: BuiltCluster): Missing {
  const lost: Note[] = [...elsewhereImpersonated(before, after)];
  const elsewhere: Sought[] = [];
  for (const sought of soughtAfter(before, after)) {
    const { reference, former } = sought;
    const { use, kind, namespace } = reference;
    const stays = former?.namespace === namespace;
    if (former && !stays && kind === "ServiceAccount")
      lost.push(...lostRights(sought, former, before, after));
    const inCloud = use === "decryption" && kind === "ServiceAccount";
    const found = presentIn(after, reference);
    if (former && !found && presentIn(before, former)) lost.push(loss(sought, former));
    else if (!stays && (!found || inCloud)) elsewhere.push(sought);
  }
  const byObject = Map.groupBy(
    elsewhere,
    ({ reference: { use, kind, name, optional }, former }) =>
      `${use} ${kind} ${former?.namespace ?? ""}/${name} ${optional}`,
  );
  return { lost, elsewhere: [...byObject.values()] };
}

/** Everything that the Kustomizations of a cluster look for after a move. */
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
  const former = new Map(before.objects.filter(isKustomization).map((built) => [keyOf(built), built]));
  return after.objects.filter(isKustomization).map((now) => ({ old: former.get(keyOf(now)), now }));
}

function loss(sought: Sought, former: Reference): Note {
  const { by, reference } = sought;
  const { use, kind, name, namespace, optional } = reference;
  const where = `${kind} ${namespace}/${name}`;
  const silent = optional
    ? "; as it is optional, what it substitutes would be empty, and nothing would say so"
    : "";
  return {
    kind: "left",
    message: `no move: ${idOf(by)} would look in vain for ${where} (${use}); today it finds ${former.namespace}/${name}${silent}; ${remedy(sought, former)}`,
    position: locate(former.origin),
  };
}

function remedy({ by, reference }: Sought, { explicit, namespace: today }: Reference): string {
  const { use, namespace } = reference;
  if (use === "sourceRef") return "name the namespace in sourceRef";
  if (use !== "dependsOn") return `bring it to ${namespace} first`;
  if (nameOf(by).namespace === today)
    return "it moves: say its new namespace in dependsOn first, which then waits for the move";
  return explicit
    ? "it moves as well: leave its namespace out"
    : `it stays: say namespace: ${today} in dependsOn`;
}

/** Rights of the ServiceAccount that a Kustomization acts as, which its namesake would not have. */
function lostRights(
  { by, reference }: Sought,
  former: Reference,
  before: BuiltCluster,
  after: BuiltCluster,
): readonly Note[] {
  const { namespace, name } = reference;
  return lostBindings(bindingsIn(before), bindingsIn(after), former, reference).map((binding) => ({
    kind: "left",
    message: `no move: ${idOf(by)} would act as ServiceAccount ${namespace}/${name}, and ${binding} names ${former.namespace}/${name}; name ${namespace}/${name} in it as well`,
    position: locate(former.origin),
  }));
}

/** On another cluster the account has the namespace of the Kustomization, too, and nothing here can tell whether it is there. */
function elsewhereImpersonated(before: BuiltCluster, after: BuiltCluster): readonly Note[] {
  return pairs(before, after).flatMap(({ old, now }): readonly Note[] => {
    if (!old || nameOf(old.object).namespace === nameOf(now.object).namespace) return [];
    const spec = specOf(old.object);
    const name = scalarText(spec.serviceAccountName);
    if (spec.kubeConfig === undefined || name === "") return [];
    const [from, to] = [old, now].map(({ object }) => nameOf(object).namespace);
    return [
      {
        kind: "left",
        message: `no move: ${idOf(now.object)} would act on another cluster as ServiceAccount ${to ?? ""}/${name}, today as ${from ?? ""}/${name}, and nothing here tells whether it may; let it opt out`,
        position: locate(entryOrigin(spec, "serviceAccountName")),
      },
    ];
  });
}

const isKustomization = ({ object }: BuiltObject): boolean => isFluxKustomization(object);

/** The document that it began as. */
const keyOf = ({ origin }: BuiltObject): string => `${origin.source.file}:${origin.offset}`;
