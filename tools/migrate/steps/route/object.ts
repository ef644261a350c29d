import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { originAt } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { asWritten, type WrittenObject } from "../../objects.ts";
import { commentLosses } from "../../losses.ts";
import type { Note, StepContext } from "../../step.ts";
import { sourceOf } from "./hosts.ts";
import { refused, whyHeld, type Holds, type Outcome, type Stay } from "./outcome.ts";
import { missingComments } from "../../missing-comments.ts";
import { routeTexts } from "./object-edit.ts";
import { plannedRoutes } from "./object-plan.ts";

/** Replaces an Ingress or IngressRoute with HTTPRoutes, at the same position in the file. */
export function objectOutcome(ingress: WrittenObject, context: StepContext, holds: Holds): Outcome {
  const written = asWritten(ingress, context.repository);
  const position = locate(originAt(written, ["spec"]));
  const stays = (stay: Stay): Outcome => ({ notes: [{ ...stay, position }] });
  const { keepIngress } = context.options.route;
  const planned = plannedRoutes(written, ingress, context);
  if ("kind" in planned) return stays(planned);
  const { routes, missing } = planned;
  const sources = ingress.forms.map(({ object }) => sourceOf(object));
  const held = whyHeld(sources, holds, missing.length > 0);
  if (held !== undefined) return stays(refused(held));
  if (missing.length < routes.length && missing.length > 0)
    return stays(refused("some of the HTTPRoutes that would replace it already exist"));
  if (missing.length === 0 && keepIngress) return { notes: [] };
  const notes = planned.notes.map((note): Note => ({ ...note, position }));
  return {
    notes,
    records: planned.records,
    edit: (source, offset) => {
      const edit = new YamlEdit(source);
      const comments = keepIngress ? undefined : edit.commentsOfDocument(offset, missing.length > 0);
      const texts =
        missing.length === 0 ? "" : routeTexts(missing, { ingress: written, comments }, edit, offset);
      if (typeof texts !== "string") return texts;
      const contents = [texts, ...planned.added.map(writeYaml)].filter(Boolean).join("---\n");
      if (comments === undefined)
        return edit.insertAfterDocument(offset, contents)
          ? { text: edit.text(), losses: [] }
          : { obstacle: edit.obstacle };
      const done =
        missing.length === 0 ? edit.removeDocument(offset) : edit.replaceDocument(offset, contents);
      const losses = commentLosses(missingComments(comments, contents), scalarText(written.kind));
      return done ? { text: edit.text(), losses } : { obstacle: edit.obstacle };
    },
  };
}
