import { locate } from "../../documents/source.ts";
import type { BuiltCluster, BuiltObject } from "../../flux/built.ts";
import { isFluxKustomization } from "../../flux/flux-kustomization.ts";
import type { Note } from "../step.ts";
import { presentIn, referencesOf, type Reference } from "./references.ts";
import { idOf } from "../objects.ts";

/** What Kustomizations would look for in vain after a move. */
export interface Missing {
  /** It is there today, and would not be: each a reason against the move. */
  readonly lost: readonly Note[];
  /** The repository does not hold it, neither before nor after: only the cluster can tell. */
  readonly elsewhere: readonly Reference[];
}

/** Compares what each Kustomization of a cluster finds before and after a move. */
export function missingAfter(before: BuiltCluster, after: BuiltCluster): Missing {
  const former = new Map(before.objects.filter(isKustomization).map((built) => [keyOf(built), built]));
  const lost: Note[] = [];
  const elsewhere = new Map<string, Reference>();
  for (const built of after.objects.filter(isKustomization)) {
    const old = former.get(keyOf(built));
    const oldReferences = old ? referencesOf(old.object) : [];
    for (const reference of referencesOf(built.object)) {
      if (presentIn(after, reference)) continue;
      const { use, kind, name, namespace } = reference;
      const same = oldReferences.find((one) => one.use === use && one.kind === kind && one.name === name);
      if (same && presentIn(before, same)) lost.push(loss(built, reference, same));
      else if (same?.namespace !== namespace) elsewhere.set(`${kind} ${namespace}/${name}`, reference);
    }
  }
  return { lost, elsewhere: [...elsewhere.values()] };
}

function loss(built: BuiltObject, { use, kind, name, namespace }: Reference, old: Reference): Note {
  const where = `${kind} ${namespace}/${name}`;
  return {
    kind: "left",
    message: `no move: ${idOf(built.object)} would look in vain for ${where} (${use}); today it finds ${old.namespace}/${name}`,
    position: locate(built.origin),
  };
}

const isKustomization = ({ object }: BuiltObject): boolean => isFluxKustomization(object);

/** The document that it began as. */
const keyOf = ({ origin }: BuiltObject): string => `${origin.source.file}:${origin.offset}`;
