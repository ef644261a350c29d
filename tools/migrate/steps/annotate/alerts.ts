import { ENABLED_ANNOTATION } from "../../../../kube/gatus-annotations.ts";
import { counted } from "../../../../lib/counted.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { locate, originKey, SourceFile, type Origin } from "../../../gitops/yaml/source.ts";
import { isMapping, originOf, type Value } from "../../../gitops/yaml/values.ts";
import type { Note } from "../../step.ts";

/** Kinds that hold alert rules: those of the operators, and releases with rules in their values. */
const KINDS = ["PrometheusRule", "VMRule", "HelmRelease"];

/** The metrics of Gatus's results. Source: metrics/metrics.go in TwiN/gatus. */
const METRIC = /\bgatus_results_/;

interface Alert {
  readonly name: string;
  readonly origin: Origin;
}

/** The alert rules that newly monitored routes may raise: they read the results of all endpoints, or of whole groups. */
export function alertNotes(clusters: readonly BuiltCluster[], routes: number): readonly Note[] {
  if (routes === 0) return [];
  const alerts = clusters.flatMap(alertsIn);
  return [...new Map(alerts.map((alert) => [originKey(alert.origin), alert])).values()].map(
    ({ name, origin }) => ({
      kind: "runbook",
      message: `alert ${name} reads Gatus's results, and this step adds ${counted(routes, "endpoint")}: each of them can raise it, unless its expression leaves the endpoint out. To leave a route out, set ${ENABLED_ANNOTATION}: "false" on it`,
      position: locate(origin),
    }),
  );
}

const alertsIn = oncePer(({ objects }: BuiltCluster): readonly Alert[] =>
  objects
    .filter(({ object }) => KINDS.includes(scalarText(object.kind)))
    .flatMap(({ object, origin }) =>
      rulesIn(object).map((alert) =>
        alert.origin.source instanceof SourceFile ? alert : { ...alert, origin },
      ),
    ),
);

/** The rules anywhere in a value. */
function rulesIn(value: Value | undefined): readonly Alert[] {
  if (Array.isArray(value)) return value.flatMap((one) => rulesIn(one));
  if (!isMapping(value)) return [];
  const { alert, expr } = value;
  if (typeof alert === "string" && METRIC.test(scalarText(expr)))
    return [{ name: alert, origin: originOf(value) }];
  return Object.values(value).flatMap((one) => rulesIn(one));
}
