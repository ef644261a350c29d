import { searchedText } from "../../../gitops/yaml/file-text.ts";
import { isBuilt } from "../../built-files.ts";
import { runsCommands, textFiles, uncommentedLines } from "../../text-files.ts";
import type { Note, StepContext } from "../../step.ts";

/**
 * `spec.chart` as programs read it: `.spec.chart.spec.version` of yq and jsonpath, `["spec"]["chart"]`, `spec.get("chart")`, and the path
 * `[spec, chart, …]` of kube-state-metrics.
 */
const READS = /\bspec["')\]?]*[.[(,]+\s*(?:get\()?["'[(\s]*chart\b/;

/** `spec.chart` as a JSON patch names it, which also documentation shows to other repositories. */
const POINTER = /(?<![\w./-])\/spec\/chart(?![\w-])/;

/** The kind that a manifest, or a metric of kube-state-metrics, is about. */
const KIND = /^[\s-]*["']?kind["']?:\s*["']?(\w+)/;

const CRD = /^kind: CustomResourceDefinition\b/m;

/** Where workflows, scripts, configuration of other programs and JSON patches read the field that the step replaces. */
export function readersOfChart({ repository, clusters }: StepContext): readonly Note[] {
  return textFiles(repository).flatMap((file) => {
    const text = searchedText(repository, file);
    const isRead = READS.test(text) && runsCommands(file, text) && !CRD.test(text);
    // The builds of clusters show what a patch in them does.
    const isPatched = POINTER.test(text) && !isBuilt(file, clusters);
    if (!isRead && !isPatched) return [];
    let kind = "";
    return uncommentedLines(text).flatMap(({ line, number }): readonly Note[] => {
      const position = { file, line: number, column: 1 };
      kind = KIND.exec(line)?.[1] ?? kind;
      const ofCharts = kind === "HelmChart" || /\bhelmcharts?\b/i.test(line);
      if (isRead && READS.test(line))
        return [{ kind: "runbook", message: ofCharts ? CHARTS : MESSAGE, position }];
      return isPatched && POINTER.test(line) ? [{ kind: "runbook", message: PATCHES, position }] : [];
    });
  });
}

const MESSAGE =
  "this line reads spec.chart of HelmReleases. Those that move have spec.chartRef instead, and chart and version are in their OCIRepository: adapt it in the same commit";
const CHARTS =
  "this line reads spec.chart of HelmCharts, and stays right for the releases that keep spec.chart. Those that move have an OCIRepository instead: read chart and version from there as well";
const PATCHES =
  "this line names a path in spec.chart of HelmReleases. Those that move have spec.chartRef instead, and a JSON patch of a path that does not exist fails the whole build: adapt it in the same commit";
