import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { OwnedComment } from "../../../gitops/edit/comment-owners.ts";
import { nameOf, type WrittenObject } from "../../objects.ts";
import type { Note } from "../../step.ts";

/** Whether a comment is for Renovate's custom managers. Source: the presets in lib/config/presets/internal/custom-managers.ts in renovatebot/renovate. */
const isForRenovate = (comment: string): boolean => /^#\s*renovate:/.test(comment.trim());

/** Whether comments directly above a chart's version tell Renovate how to update it. */
export const isPin = ({ owner, place, lines }: OwnedComment): boolean =>
  place === "above" && owner.join(".") === "spec.chart.spec.version" && isForRenovate(lines.at(-1) ?? "");

/** The comments for Renovate that stay above a release, or above its chart, although the chart's version is no longer there. */
export const staleComments = (releases: readonly WrittenObject[]): readonly Note[] =>
  [...Map.groupBy(releases, ({ file }) => file).values()].flatMap((own) => {
    const [first] = own;
    if (!first || !/#\s*renovate:/.test(first.text)) return [];
    const edit = new YamlEdit(first.text);
    return own.flatMap((release) => staleIn(release, edit));
  });

function staleIn({ file, origin, forms: [form] }: WrittenObject, edit: YamlEdit): readonly Note[] {
  if (!form) return [];
  const { name } = nameOf(form.object);
  const message = `this comment for Renovate stays above HelmRelease ${name}, but ${name}'s chart version is no longer there: it is the tag of an OCIRepository. Move the comment to the tag if a custom manager of Renovate finds it there, or remove it`;
  const isAround = ({ owner, place }: OwnedComment): boolean =>
    place !== "at" && (owner.length <= 1 || owner.join(".") === "spec.chart");
  return edit
    .ownedCommentsOfDocument(edit.documentAt(origin.offset), origin.offset, false)
    .filter(isAround)
    .flatMap(({ lines, line }) =>
      lines.flatMap((text, index) =>
        isForRenovate(text)
          ? [{ kind: "runbook" as const, message, position: { file, line: line + index, column: 1 } }]
          : [],
      ),
    );
}
