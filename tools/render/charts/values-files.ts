import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseYaml } from "../../gitops/yaml/parse.ts";
import { SourceFile } from "../../gitops/yaml/source.ts";
import { isMapping, type Mapping } from "../../gitops/yaml/values.ts";
import { NotRenderable } from "../rendered.ts";
import { merged, plain } from "../values.ts";
import type { ValuesFiles } from "./reference.ts";
import { unpackChart } from "./unpack.ts";

/** Reads a values file by the name that a release gives; undefined if it does not exist. */
export type ReadValuesFile = (name: string) => string | undefined;

/**
 * A copy of a chart whose values.yaml is replaced by its `valuesFiles`, merged in order, as source-controller builds it.
 * @param read undefined if the names are relative to the chart
 * @returns the directory of the copy
 * @throws NotRenderable if a file does not exist or is not valid
 */
export async function withValuesFiles(
  chart: string,
  { names, ignoreMissing }: ValuesFiles,
  workspace: string,
  read: ReadValuesFile | undefined,
): Promise<string> {
  if (names.length === 0) return chart;
  const copy = join(workspace, "values-files", crypto.randomUUID(), "chart");
  if (statSync(chart).isDirectory()) cpSync(chart, copy, { recursive: true });
  else await unpackChart(chart, copy);
  const inChart: ReadValuesFile = (name) => readInside(copy, name);
  let values: Mapping = {};
  for (const name of names) {
    const text = (read ?? inChart)(name);
    if (text === undefined && !ignoreMissing)
      throw new NotRenderable(`its values file ${name} does not exist`);
    if (text !== undefined) values = merged(values, parsed(text, name));
  }
  writeFileSync(join(copy, "values.yaml"), JSON.stringify(values));
  return copy;
}

function readInside(directory: string, name: string): string | undefined {
  if (name.split("/").includes("..")) return undefined;
  const path = join(directory, name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function parsed(text: string, name: string): Mapping {
  const { documents, errors } = parseYaml(new SourceFile(name, text), { dialect: "v2" });
  const value = documents[0]?.value ?? {};
  if (errors[0] || !isMapping(value))
    throw new NotRenderable(
      `its values file ${name} is not valid: ${errors[0]?.message ?? "it is not a mapping"}`,
    );
  return plain(value);
}
