import { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import { chartOf } from "../objects/helm.ts";
import { DAEMON_SET, DEPLOYMENT, HELM_RELEASE, STATEFUL_SET } from "../objects/kinds.ts";
import { at, fields, text } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";
import { hasVersionLabel } from "../knowledge/lookups.ts";

/** Labels that usually contain a version. */
const VERSION_LABELS = ["helm.sh/chart", "chart", "app.kubernetes.io/version", "version"];

/** See docs/reference/rules/chart-digest-label.md. */
export const chartDigestLabel = defineRule({
  id: "chart-digest-label",
  description:
    "No selector contains a version, and no chart that puts its version into a label is installed through chartRef.",
  why: "A selector is immutable, so if it contains the version, the next version cannot be rolled out in place. With chartRef, helm-controller also appends + and a digest to the chart's version, and label values must not contain a +.",
  remediation:
    "Remove the version from the selector. If the chart sets it, use chart.spec with a HelmRepository, patch the selector with spec.postRenderers, or start helm-controller with --feature-gates=DisableChartDigestTracking=true.",
  severity: "high",
  enforcement: "mandatory",
  forAuthor: true,
  kinds: [DEPLOYMENT, DAEMON_SET, STATEFUL_SET, HELM_RELEASE],
  wholeStack: true,
  settings: z.strictObject({
    charts: z
      .array(z.string())
      .optional()
      .describe(
        "Charts that put their version unchanged into a label. Replaces the list in policy/knowledge/version-labels.yaml.",
      ),
  }),
  *check(object, { settings, objects, knowledge }) {
    if (object.kind !== "HelmRelease") yield* selectorProblems(object);
    else if (at(object, ["spec", "chartRef"]) !== undefined) {
      const { name, version, path } = chartOf(object, objects);
      const isNamed =
        name !== undefined && (settings.charts?.includes(name) ?? hasVersionLabel(name, version, knowledge));
      if (isNamed)
        yield {
          path,
          message: `The chart ${name} puts its version unchanged into a label. With chartRef, the version contains a +, which label values must not contain.`,
        };
    }
  },
});

function* selectorProblems(workload: KubeObject): Generator<Problem> {
  const labels = fields(at(workload, ["spec", "selector", "matchLabels"]));
  for (const [label, value] of Object.entries(labels))
    // Some charts set `chart: <name>` without a version, so look for digits and a dot.
    if (VERSION_LABELS.includes(label) && /\d+\.\d+/.test(text(value) ?? ""))
      yield {
        path: ["spec", "selector", "matchLabels", label],
        message: `The selector contains the version ${text(value) ?? ""}, so the next version cannot be rolled out in place.`,
      };
}
