import { statSync } from "node:fs";
import { messageOf } from "../../../lib/errors.ts";
import type { BuiltKustomization } from "../../gitops/flux/built.ts";
import { fileText } from "../../gitops/yaml/file-text.ts";
import type { Repository } from "../../gitops/yaml/repository.ts";
import { NotRenderable } from "../rendered.ts";
import { chartArchive, chartDirectory, type Chart } from "./chart.ts";
import type { ChartDirectory } from "./directory.ts";
import { copyOwnChart } from "./own-files.ts";
import { chartName, type ChartReference, type FilesChart } from "./reference.ts";
import { withValuesFiles } from "./values-files.ts";

/** Fetches a chart over the network, or from the cache, into a file. @throws NotRenderable if that fails */
export type FetchChart = (reference: Exclude<ChartReference, FilesChart>) => Promise<string>;

/** Where the charts of one cluster's releases come from. */
export interface ChartSources {
  readonly repository: Repository;
  readonly kustomizations: readonly BuiltKustomization[];
}

/** Supplies charts: from the given directory, from the repository itself, or by fetching them. */
export class ChartSupply {
  readonly #directory: ChartDirectory | undefined;
  readonly #fetch: FetchChart | undefined;
  readonly #workspace: string;
  readonly #charts = new Map<string, Promise<Chart>>();

  constructor({ directory, fetch, workspace }: ChartSupplyArgs) {
    this.#directory = directory;
    this.#fetch = fetch;
    this.#workspace = workspace;
  }

  /** @throws NotRenderable if no source has the chart */
  async get(reference: ChartReference, sources: ChartSources): Promise<Chart> {
    const path = await this.#locate(reference, sources);
    const { valuesFiles } = reference;
    if (valuesFiles.names.length === 0) return this.#read(path);
    const isOwn = reference.kind === "files";
    const read = (name: string): string | undefined => {
      const file = sources.repository.resolve(".", name);
      return file !== undefined && sources.repository.isFile(file)
        ? fileText(sources.repository, file)
        : undefined;
    };
    return this.#read(await withValuesFiles(path, valuesFiles, this.#workspace, isOwn ? read : undefined));
  }

  async #locate(reference: ChartReference, sources: ChartSources): Promise<string> {
    const given = this.#directory?.find(chartName(reference), versionWanted(reference));
    if (given !== undefined) return given;
    if (reference.kind === "files")
      return copyOwnChart(reference, sources.repository, sources.kustomizations, this.#workspace);
    if (this.#fetch === undefined)
      throw new NotRenderable(`no directory of charts has ${describe(reference)}`);
    return this.#fetch(reference);
  }

  #read(path: string): Promise<Chart> {
    const known = this.#charts.get(path);
    if (known !== undefined) return known;
    const read = Promise.resolve().then(() => {
      try {
        return statSync(path).isDirectory() ? chartDirectory(path) : chartArchive(path);
      } catch (error) {
        throw new NotRenderable(`its chart cannot be read: ${messageOf(error)}`);
      }
    });
    this.#charts.set(path, read);
    return read;
  }
}

/** What a {@link ChartSupply} needs. */
export interface ChartSupplyArgs {
  readonly directory?: ChartDirectory | undefined;
  readonly fetch?: FetchChart | undefined;
  /** A directory for temporary copies. */
  readonly workspace: string;
}

/** The version or range of a chart; a directory of charts cannot match a digest, so only the tag next to it counts. */
function versionWanted(reference: ChartReference): string {
  if (reference.kind === "files") return "*";
  // A tag has an underscore where the version has a plus sign.
  if (reference.kind === "oci") return reference.range ?? reference.tag?.replaceAll("_", "+") ?? "*";
  return reference.range;
}

/** A chart as `name version`, for messages. */
export function describe(reference: ChartReference): string {
  const wanted = versionWanted(reference);
  return `chart ${chartName(reference)}${wanted === "*" ? "" : ` ${wanted}`}`;
}
