import { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import { chartOf } from "../objects/helm.ts";
import { DAEMON_SET, DEPLOYMENT, HELM_RELEASE, STATEFUL_SET } from "../objects/kinds.ts";
import { at, fields, text } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";
import { hasVersionLabel } from "../knowledge/lookups.ts";

/** Labels whose value changes with a version. */
const VERSION_LABELS = ["helm.sh/chart", "chart", "app.kubernetes.io/version", "version"];

/** See `docs/reference/policies.md`. */
export const chartDigestLabel = defineRule({
  id: "chart-digest-label",
  description:
    "No selector holds a version: it can never change. With chartRef the chart's version even ends in + and its digest (helm-controller, feature gate DisableChartDigestTracking), so that a chart with the version in its selector cannot be upgraded in place, and one with the version as it is in any label cannot be installed.",
  remediation:
    "Take the version out of the selector. Where it is the chart's own, use chart.spec with a HelmRepository, patch the selector by spec.postRenderers, or turn the digest off in helm-controller (--feature-gates=DisableChartDigestTracking=true).",
  severity: "high",
  enforcement: "mandatory",
  kinds: [DEPLOYMENT, DAEMON_SET, STATEFUL_SET, HELM_RELEASE],
  wholeStack: true,
  settings: z.strictObject({
    charts: z
      .array(z.string())
      .optional()
      .describe(
        "Charts that put their version unchanged into a selector or another label, in place of those in policy/knowledge/version-labels.yaml.",
      ),
  }),
  *check(object, { settings, objects, knowledge }) {
    if (object.kind !== "HelmRelease") yield* selectorProblems(object);
    else if (at(object, ["spec", "chartRef"]) !== undefined) {
      const { name, path } = chartOf(object, objects);
      const isNamed =
        name !== undefined && (settings.charts?.includes(name) ?? hasVersionLabel(name, knowledge));
      if (isNamed)
        yield {
          path,
          message: `The chart ${name} puts its version as it is in a label, and chartRef puts a digest in the version, with a + that no label may have.`,
        };
    }
  },
});

function* selectorProblems(workload: KubeObject): Generator<Problem> {
  const labels = fields(at(workload, ["spec", "selector", "matchLabels"]));
  for (const [label, value] of Object.entries(labels))
    // A chart's own `chart: name` says no version; one is a number with a dot.
    if (VERSION_LABELS.includes(label) && /\d+\.\d+/.test(text(value) ?? ""))
      yield {
        path: ["spec", "selector", "matchLabels", label],
        message: `The selector holds the version ${text(value) ?? ""}: the next version cannot be rolled out in place.`,
      };
}
