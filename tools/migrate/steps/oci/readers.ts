import { searchedText } from "../../../gitops/yaml/file-text.ts";
import { runsCommands, textFiles } from "../../text-files.ts";
import type { Note, StepContext } from "../../step.ts";

/**
 * `spec.chart` as programs read it: `.spec.chart.spec.version` of yq and jsonpath, `["spec"]["chart"]`, `spec.get("chart")`, and the path
 * `[spec, chart, …]` of kube-state-metrics.
 */
const READS = /\bspec["')\]?]*[.[(,]+\s*(?:get\()?["'[(\s]*chart\b/;

const CRD = /^kind: CustomResourceDefinition\b/m;

/** Where workflows, scripts and configuration of other programs read the field that the step replaces. */
export function readersOfChart({ repository }: StepContext): readonly Note[] {
  return textFiles(repository).flatMap((file) => {
    const text = searchedText(repository, file);
    if (!READS.test(text) || !runsCommands(file, text) || CRD.test(text)) return [];
    return text
      .split("\n")
      .flatMap((line, index): readonly Note[] =>
        READS.test(line) && !/^\s*(?:#|\/\/)/.test(line)
          ? [{ kind: "runbook", message: MESSAGE, position: { file, line: index + 1, column: 1 } }]
          : [],
      );
  });
}

const MESSAGE =
  "this line reads spec.chart of HelmReleases. Those that move have spec.chartRef instead, and chart and version are in their OCIRepository: adapt it in the same commit";
