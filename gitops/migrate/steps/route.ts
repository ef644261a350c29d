import { isDeepStrictEqual } from "node:util";
import { isFields, type Fields } from "../../documents/values.ts";
import { YamlEdit } from "../../edit/yaml-edit.ts";
import { at, isKind, writtenObjects, type WrittenObject } from "../objects.ts";
import { releaseAnswers, releaseOutcome } from "../route/release.ts";
import type { Outcome } from "../route/outcome.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../step.ts";

const isRelease = (object: Fields): boolean => isKind(object, "helm.toolkit.fluxcd.io", "HelmRelease");

/** From Ingress to HTTPRoute. */
export const route: Step = {
  id: "route",
  title: "Ingresses as HTTPRoutes",
  risk: "high",
  live: [
    "before: kubectl get gateway -A shows each Gateway Programmed, with a listener and a certificate for each host of the cutover list",
    "after: kubectl get httproute -A: each Accepted, with ResolvedRefs; then ask each host of the cutover list",
  ],
  plan,
  unintended,
};

function plan(context: StepContext): Plan {
  const changes: FileChange[] = [];
  const notes: Note[] = [];
  const written = writtenObjects(context.clusters, isRelease);
  for (const [path, objects] of Map.groupBy(written, ({ file }) => file)) {
    if (!context.selected(path)) continue;
    const { text, noted } = rewritten(objects, context);
    notes.push(...noted);
    changes.push({ path, text });
  }
  return { changes, notes };
}

/** A file with its objects moved, one at a time and the last first: so the documents before keep their places. */
function rewritten(
  objects: readonly WrittenObject[],
  context: StepContext,
): { text: string; noted: readonly Note[] } {
  let text = objects[0]?.text ?? "";
  const noted: (readonly Note[])[] = [];
  for (const object of objects.toSorted((a, b) => b.origin.offset - a.origin.offset)) {
    const { notes, edit: apply } = outcomeOf(object, context);
    const edit = new YamlEdit(text);
    const document = new YamlEdit(object.text).documentAt(object.origin.offset);
    if (!apply || apply(edit, document)) {
      text = edit.text();
      noted.unshift(notes);
    } else {
      const message = "an anchor that is used elsewhere, or a flow mapping, holds what would change";
      noted.unshift([{ kind: "left", message, position: object.position }]);
    }
  }
  return { text, noted: noted.flat() };
}

function outcomeOf(object: WrittenObject, context: StepContext): Outcome {
  return releaseOutcome(object, context);
}

/** Intended: the same requests are answered as before, by a route in place of an Ingress, and nothing else changes. */
function unintended(...[before, after, context]: Parameters<Step["unintended"]>): string | undefined {
  if (!before || !after || !isRelease(after.object)) return "only Ingresses and routes may change";
  if (!isDeepStrictEqual(withoutIngress(before.object), withoutIngress(after.object)))
    return "more than its ingress and route values has changed";
  const [was, is] = [before, after].map(({ object }) => releaseAnswers(object, context));
  if (typeof was === "string") return was;
  if (typeof is === "string") return is;
  return isDeepStrictEqual(was, is) ? undefined : "its routes do not answer what its Ingresses did";
}

function withoutIngress(object: Fields): unknown {
  const values = at(object, ["spec", "values"]);
  const rest = Object.entries(isFields(values) ? values : {}).filter(
    ([key]) => key !== "ingress" && key !== "route",
  );
  return {
    ...object,
    spec: { ...(isFields(object.spec) ? object.spec : {}), values: Object.fromEntries(rest) },
  };
}
