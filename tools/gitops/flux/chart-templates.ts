import type { Repository } from "../yaml/repository.ts";

/** Whether a file is a template of a Helm chart: it is in the chart's directory `templates`, and only Helm can read it. */
export function isChartTemplate(file: string, repository: Repository): boolean {
  const steps = file.split("/");
  return steps.some(
    (step, index) =>
      step === "templates" && repository.isFile([...steps.slice(0, index), "Chart.yaml"].join("/")),
  );
}
