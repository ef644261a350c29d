import { clusterOf } from "../../../clusters.ts";
import { notEditable } from "../../../not-editable.ts";
import { lossNotes, lossRefusal } from "../../../losses.ts";
import type { WrittenObject } from "../../../objects.ts";
import type { Note, StepContext } from "../../../step.ts";
import { isRelease } from "../../oci/artifact.ts";
import { meetingSources } from "../meetings/meetings.ts";
import { objectOutcome } from "../object.ts";
import { reorderedSources } from "../meetings/order.ts";
import type { DnsRecord, Holds } from "../outcome.ts";
import { releaseOutcome } from "../release/release.ts";
import { heldSources, type HeldSources } from "../meetings/whole-hosts.ts";

/** A file with the Ingresses that move replaced. */
export interface RewrittenFile {
  readonly path: string;
  readonly text: string;
  readonly notes: readonly Note[];
  /** The records of the hosts that move. */
  readonly records: readonly DnsRecord[];
}

/**
 * Rewrites the selected files. An Ingress whose host another Ingress keeps is kept, too, which may keep further ones: the files in which that
 * changes something are rewritten again.
 */
export function rewrittenFiles(
  written: readonly WrittenObject[],
  context: StepContext,
): readonly RewrittenFile[] {
  const objectsIn = Map.groupBy(written, ({ file }) => file);
  const rewrite = (path: string, held: HeldSources): RewrittenFile =>
    rewritten({ path, objects: objectsIn.get(path) ?? [] }, held, context);
  let held: HeldSources = new Map();
  let files = [...objectsIn.keys()].filter(context.selected).map((path) => rewrite(path, held));
  if (context.options.route.keepIngress) return files;
  for (;;) {
    const more = heldSources(
      files.flatMap(({ records }) => records),
      held,
      context,
    );
    if (more === undefined) return files;
    held = more;
    const isHeld = ({ cluster, source }: DnsRecord): boolean => more.get(cluster)?.has(source) ?? false;
    files = files.map((file) => (file.records.some(isHeld) ? rewrite(file.path, more) : file));
  }
}

/** Rewrites the objects in a file, the last one first, so that the earlier documents keep their offsets. */
function rewritten(
  { path, objects }: { readonly path: string; readonly objects: readonly WrittenObject[] },
  held: HeldSources,
  context: StepContext,
): RewrittenFile {
  let text = objects[0]?.text ?? "";
  const notes: (readonly Note[])[] = [];
  const records: DnsRecord[] = [];
  for (const object of objects.toSorted((a, b) => b.origin.offset - a.origin.offset)) {
    const holds = holdsOf(object, held, context);
    const outcome = isRelease(object.forms[0]?.object ?? {})
      ? releaseOutcome(object, context, holds)
      : objectOutcome(object, context, holds);
    const change = outcome.edit?.(text, object.origin.offset);
    if (change && "obstacle" in change) {
      const message = `unchanged: ${notEditable(change, path)}`;
      notes.unshift([{ kind: "refused", message, position: object.position }]);
      continue;
    }
    const losses = change?.losses ?? [];
    const refusal = lossRefusal(losses, context, object.position);
    if (refusal) {
      notes.unshift([refusal]);
      continue;
    }
    notes.unshift([...outcome.notes, ...lossNotes(losses, object.position)]);
    records.unshift(...(outcome.records ?? []));
    text = change?.text ?? text;
  }
  return { path, text, notes: notes.flat(), records };
}

/** Why Ingresses in an object stay although they could become routes. */
function holdsOf({ forms }: WrittenObject, held: HeldSources, context: StepContext): Holds {
  const own = forms.flatMap((form) => clusterOf(form, context.clusters) ?? []);
  const meetings = meetingSources(context);
  return {
    order: new Map(
      own.flatMap((cluster) => [...reorderedSources(context.options.route)(cluster), ...meetings(cluster)]),
    ),
    hosts: new Map(own.flatMap(({ name }) => [...(held.get(name) ?? [])])),
  };
}
