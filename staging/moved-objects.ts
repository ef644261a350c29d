import { splitKey, verdictKey, type CheckRound } from "./check-round.ts";

/**
 * The keys of objects that were moved to another namespace: the object is absent, and a new object with its name exists elsewhere. Each new object accounts for
 * one that is absent, because objects in several namespaces may have the same name. An object of the stack itself accounts for none.
 * @param known the keys of all objects that are not new
 */
export function movedKeys(known: ReadonlySet<string>, { verdicts }: CheckRound): ReadonlySet<string> {
  const present = new Set(verdicts.map(verdictKey));
  const others = verdicts.filter(({ own }) => !own).map(verdictKey);
  const arrivals = others.filter((key) => !known.has(key)).map(withoutNamespace);
  const moved = new Set<string>();
  for (const key of known) {
    if (present.has(key)) continue;
    const arrival = arrivals.indexOf(withoutNamespace(key));
    if (arrival === -1) continue;
    arrivals.splice(arrival, 1);
    moved.add(key);
  }
  return moved;
}

function withoutNamespace(key: string): string {
  const { check, object } = splitKey(key);
  return verdictKey({ check, object: object.replace(/ .*\//, " ") });
}
