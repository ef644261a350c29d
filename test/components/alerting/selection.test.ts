import assert from "node:assert/strict";
import { selectionFindings } from "../../../components/alerting/selection.ts";
import type { KubeObject } from "../../../kube/objects.ts";

const OURS = {
  namespace: "observability",
  labels: { team: "home" },
  namespaceLabels: { "kubernetes.io/metadata.name": "observability", monitored: "yes" },
};
const prometheus = (spec: object, namespace = "monitoring"): KubeObject => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "Prometheus",
  metadata: { name: "main", namespace },
  spec,
});
const both = (selector?: object, namespaces?: object) => ({
  ruleSelector: selector,
  podMonitorSelector: selector,
  ruleNamespaceSelector: namespaces,
  podMonitorNamespaceSelector: namespaces,
});
const CHART = { matchLabels: { release: "kube-prometheus-stack" } };

describe("what Prometheus reads", () => {
  for (const [what, ...prometheuses] of [
    ["no Prometheus of the operator"],
    ["one that reads everything", prometheus(both({}, {}))],
    ["one in the same namespace", prometheus(both({}), "observability")],
    ["one that selects our labels", prometheus(both({ matchLabels: { team: "home" } }, {}))],
    [
      "one that selects by expressions and by the namespace's labels",
      prometheus(
        both(
          { matchExpressions: [{ key: "team", operator: "Exists" }] },
          { matchExpressions: [{ key: "monitored", operator: "In", values: ["yes"] }] },
        ),
      ),
    ],
    ["one of two", prometheus(both(CHART, {})), prometheus(both({}, {}))],
  ] as const)
    it(`is nothing to report with ${what}`, () => {
      assert.deepEqual(selectionFindings(OURS, prometheuses), []);
    });

  for (const [what, spec, hint] of [
    [
      "selects another label",
      both(CHART, {}),
      /set alerting\.ruleLabels to \{"release":"kube-prometheus-stack"\}/,
    ],
    ["reads only its own namespace", both({}), /set alerting\.namespace to monitoring/],
    [
      "selects other namespaces",
      both({}, { matchLabels: { monitored: "no" } }),
      /does not read the namespace observability/,
    ],
    ["reads none", both(undefined, {}), /Set ruleSelector in the spec of Prometheus monitoring\/main/],
    [
      "excludes our label",
      both({ matchExpressions: [{ key: "team", operator: "NotIn", values: ["home"] }] }, {}),
      /labels that ruleSelector of Prometheus monitoring\/main selects/,
    ],
  ] as const)
    it(`is reported with the way to change it if the only Prometheus ${what}`, () => {
      const [rules, monitors, ...more] = selectionFindings(OURS, [prometheus(spec)]);
      assert.deepEqual(more, []);
      assert.match(
        rules?.message ?? "",
        /No Prometheus on the cluster reads the PrometheusRule in observability/,
      );
      assert.match(monitors?.message ?? "", /reads the PodMonitor in observability/);
      assert.match(rules?.hint ?? "", hint);
    });
});
