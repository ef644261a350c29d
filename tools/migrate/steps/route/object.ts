import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { originAt, type Mapping } from "../../../gitops/yaml/values.ts";
import type { OwnedComment } from "../../../gitops/edit/comment-owners.ts";
import { isSchemaComment } from "../../../gitops/edit/comments.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { asWritten, fieldsIn, type WrittenObject } from "../../objects.ts";
import { blockLosses, type Loss } from "../../losses.ts";
import type { Note, StepContext } from "../../step.ts";
import { sourceOf } from "./reading/hosts.ts";
import { refused, whyHeld, type Holds, type Outcome, type Stay } from "./outcome.ts";
import { MovingComments, withTargeted } from "./text/comment-places.ts";
import { targetOf } from "./text/comment-targets.ts";
import { routeTexts } from "./text/object-edit.ts";
import { plannedRoutes } from "./routes/plan.ts";

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
      const comments = keepIngress ? undefined : commentsThatMove(edit, offset, missing.length > 0);
      const texts =
        missing.length === 0 ? [] : routeTexts(missing, { ingress: written, comments }, edit, offset);
      if ("obstacle" in texts) return texts;
      const plain = [...texts, ...planned.added.map(writeYaml)];
      if (comments === undefined)
        return edit.insertAfterDocument(offset, plain.join("---\n"))
          ? { text: edit.text(), losses: [] }
          : { obstacle: edit.obstacle };
      if (missing.length === 0) {
        const losses = blockLosses(comments.left, scalarText(written.kind));
        return edit.removeDocument(offset) ? { text: edit.text(), losses } : { obstacle: edit.obstacle };
      }
      const outdated = priorityComments(comments.left, written);
      const parts = withTargeted(plain, comments, ({ owner }) => targetOf(owner, planned.successors));
      const losses = [...outdated, ...blockLosses(comments.left, scalarText(written.kind))];
      return edit.replaceDocument(offset, parts.join("---\n"))
        ? { text: edit.text(), losses }
        : { obstacle: edit.obstacle };
    },
  };
}

/** Comments on a rule of an IngressRoute that speak of its priority, which the route does not have: they move with what else they say. */
function priorityComments(comments: readonly OwnedComment[], written: Mapping): readonly Loss[] {
  return comments.flatMap(({ owner, lines, line }) => {
    const [spec, routes, , ...below] = owner;
    if (spec !== "spec" || routes !== "routes" || below.length > 0) return [];
    const { match, priority } = fieldsIn(written, owner);
    if (priority === undefined || !/priorit|precede/i.test(lines.join(" "))) return [];
    const text = lines.map((one) => one.trim()).join(" / ");
    const message = `the priority of the rule ${scalarText(match)}, which its comment still mentions: ${text}`;
    return [{ kind: "setting", message, line }];
  });
}

/** The comments in the document of an Ingress or, unless `contentsOnly`, also those above and below it. */
function commentsThatMove(edit: YamlEdit, offset: number, contentsOnly: boolean): MovingComments {
  const comments = edit.ownedCommentsOfDocument(edit.documentAt(offset), offset, contentsOnly);
  return new MovingComments(comments.filter(({ lines }) => !lines.every(isSchemaComment)));
}
