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

/** An Ingress as written and in the form that each cluster receives. */
export interface MoveArgs {
  readonly written: Reading;
  /** In the order of the forms of `ingress`. */
  readonly forms: readonly Reading[];
  readonly ingress: WrittenObject;
  /** Whether a parentRef of its route accepts a port. */
  readonly takesPort: boolean;
  /** Its key in the values of a HelmRelease. */
  readonly key?: string;
}

/**
 * Plans the move of an Ingress.
 * @returns the reason if it cannot become a route
 */
export function moveOf(
  { written, forms, ingress, takesPort, key }: MoveArgs,
  context: StepContext,
): Move | string {
  const refusals = new Set([written, ...forms].flatMap((reading) => reading.refusals));
  if (refusals.size > 0) return [...refusals].join("; ");
  const classes = new Set(forms.map(({ ingressClass }) => ingressClass));
  const [ingressClass] = classes;
  if (classes.size > 1) return "its class differs between clusters";
  const parents = parentsOf({ ...written, ingressClass }, context.options.route, takesPort);
  if (typeof parents === "string") return parents;
  const { parentRefs } = parents;
  const pairs = forms.flatMap((reading, index) => {
    const form = ingress.forms[index];
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
    records: pairs.flatMap(({ form, reading }) => recordsOf({ form, reading, key }, parentRefs, context)),
  };
}

/** One note per object: a dashboard alone has a dozen such annotations. */
function keptAnnotations(names: readonly string[]): Move["notes"] {
  if (names.length === 0) return [];
  const are = names.length === 1 ? `annotation ${names[0]} is` : `annotations ${names.join(", ")} are`;
  return [{ kind: "unknown", message: `${are} kept, but their reader may not support HTTPRoutes` }];
}

/** Clusters that share a file often need the same note. */
function distinct(notes: readonly CutoverNote[]): readonly CutoverNote[] {
  return [...new Map(notes.map((note) => [note.message, note])).values()];
}
