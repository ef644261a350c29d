import type { WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { cutover, recordsOf } from "./cutover.ts";
import type { CutoverNote, DnsRecord } from "./outcome.ts";
import { parentsOf, type Parents } from "./parents.ts";
import type { Reading } from "./served.ts";

/** An Ingress that can become routes. */
export interface Move {
  readonly parents: Parents;
  readonly notes: readonly Omit<Note, "position">[];
  readonly records: readonly DnsRecord[];
}

/**
 * Looks at an Ingress as it is written and in each form that a cluster gets.
 * @param forms in the order of the object's own
 * @param place whether its route takes a port in `parentRefs`, and its key where it is in the values of a HelmRelease
 * @returns why it cannot become a route where it cannot
 */
export function moveOf(
  written: Reading,
  forms: readonly Reading[],
  { forms: built }: WrittenObject,
  context: StepContext,
  place: { readonly takesPort: boolean; readonly key?: string },
): Move | string {
  const refusals = new Set([written, ...forms].flatMap((reading) => reading.refusals));
  if (refusals.size > 0) return [...refusals].join("; ");
  const classes = new Set(forms.map(({ ingressClass }) => ingressClass));
  const [ingressClass] = classes;
  if (classes.size > 1) return "its class is another one in each cluster";
  const parents = parentsOf({ ...written, ingressClass }, context.options.route, place.takesPort);
  if (typeof parents === "string") return parents;
  const { parentRefs } = parents;
  const pairs = forms.flatMap((reading, index) => {
    const form = built[index];
    return form ? [{ reading, form }] : [];
  });
  const lost = [...new Set([...written.lost, ...parents.lost])];
  return {
    parents,
    notes: [
      ...lost.map((message) => ({ kind: "lost" as const, message })),
      ...keptAnnotations(written.annotations.unknown),
      ...distinct(pairs.flatMap(({ form, reading }) => cutover(form, reading, parentRefs, context))),
    ],
    records: pairs.flatMap(({ form, reading }) => recordsOf(form, reading, parentRefs, context, place.key)),
  };
}

/** All of one object in one note: a dashboard alone asks for a dozen. */
function keptAnnotations(names: readonly string[]): Move["notes"] {
  if (names.length === 0) return [];
  const are = names.length === 1 ? `annotation ${names[0]} is` : `annotations ${names.join(", ")} are`;
  return [
    { kind: "unknown", message: `${are} kept: whether what reads them looks at HTTPRoutes is not known` },
  ];
}

/** Clusters that share a file often need the same. */
function distinct(notes: readonly CutoverNote[]): readonly CutoverNote[] {
  return [...new Map(notes.map((note) => [note.message, note])).values()];
}
