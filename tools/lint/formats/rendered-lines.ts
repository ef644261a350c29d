import { counted } from "../../../lib/counted.ts";
import type { RenderingSummary } from "../finding.ts";

/**
 * How many HelmReleases were rendered, then one line for each reason why others were not.
 * @param others what was done about those that were not, as the end of the first sentence
 */
export function renderedLines({ rendered, notRendered }: RenderingSummary, others = ""): readonly string[] {
  const all = rendered + notRendered.length;
  const reasons = Map.groupBy(notRendered, ({ reason }) => reason);
  return [
    `Rendered ${rendered} of ${counted(all, "HelmRelease")}${notRendered.length > 0 ? others : ""}.`,
    ...[...reasons].map(([reason, [first, ...more]]) => {
      const count = more.length > 0 ? ` and ${more.length} more` : "";
      return `Not rendered: ${first?.release ?? ""}${count}: ${reason}.`;
    }),
  ];
}
