import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { identityIn, identityInArchive, type ChartIdentity } from "./archive.ts";
import { chooseVersion } from "./version.ts";

/** A directory of charts, as archives (`helm pull`) or as directories, by the name and version in each Chart.yaml. */
export class ChartDirectory {
  readonly #charts: readonly (ChartIdentity & { readonly path: string })[];

  private constructor(charts: ChartDirectory["charts"]) {
    this.#charts = charts;
  }

  get charts(): readonly (ChartIdentity & { readonly path: string })[] {
    return this.#charts;
  }

  /** @throws EdgefirstError if the directory does not exist */
  static async open(directory: string): Promise<ChartDirectory> {
    if (!(statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false))
      throw new EdgefirstError(
        `There is no directory of charts ${directory}.`,
        "Pass a directory with charts as .tgz files, as `helm pull` writes them, or as directories.",
      );
    const charts: (ChartIdentity & { readonly path: string })[] = [];
    for (const name of readdirSync(directory).sort()) {
      const path = join(directory, name);
      const identity = /\.(?:tgz|tar\.gz)$/.test(name) ? await identityInArchive(path) : inDirectory(path);
      if (identity !== undefined) charts.push({ ...identity, path });
    }
    return new ChartDirectory(charts);
  }

  /** The path of the chart with this name, in the version that Helm would choose; undefined if the directory has none. */
  find(name: string, wanted: string): string | undefined {
    const named = this.#charts.filter((chart) => chart.name === name);
    const version = chooseVersion(
      named.map((chart) => chart.version),
      wanted,
    );
    return version === undefined ? undefined : named.find((chart) => chart.version === version)?.path;
  }
}

function inDirectory(path: string): ChartIdentity | undefined {
  const file = join(path, "Chart.yaml");
  return existsSync(file) ? identityIn(readFileSync(file, "utf8")) : undefined;
}
