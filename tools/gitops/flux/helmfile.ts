import { posix } from "node:path";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, mappingsIn, type Mapping } from "../yaml/values.ts";
import { documentsWith } from "./written.ts";

/** A release in a helmfile. Source: helmfile.readthedocs.io, "Configuration". */
interface HelmfileRelease {
  readonly namespace: string;
  /** The last segment of the chart's address. */
  readonly chart: string;
  /** The values that are written in the helmfile itself. */
  readonly values: readonly Mapping[];
  /** The files that the other values are read from. */
  readonly files: readonly string[];
}

/** The releases in the repository's helmfiles. */
export function helmfileReleases(
  repository: Repository,
  files: readonly string[],
): readonly HelmfileRelease[] {
  return documentsWith(repository, files, "releases:").flatMap(({ object, file }) =>
    releasesIn(object, file),
  );
}

/** The releases in a document; none if it is not a helmfile. */
export function releasesIn({ releases }: Mapping, file: string): readonly HelmfileRelease[] {
  return mappingsIn(releases).map((release) => releaseOf(release, file));
}

function releaseOf(release: Mapping, file: string): HelmfileRelease {
  const [name, namespace] = [scalarText(release.name), scalarText(release.namespace)];
  const values = Array.isArray(release.values) ? release.values : [];
  const pathOf = (entry: string): string =>
    posix.join(
      posix.dirname(file),
      entry
        .replaceAll(/\{\{-?\s*\.Release\.Name\s*-?\}\}/g, name)
        .replaceAll(/\{\{-?\s*\.Release\.Namespace\s*-?\}\}/g, namespace),
    );
  return {
    namespace,
    chart: posix.basename(scalarText(release.chart)),
    values: values.filter(isMapping),
    files: values.filter((entry) => typeof entry === "string").map(pathOf),
  };
}

/** The namespace of the release that reads a values file, or of the only release of its chart; empty if helmfiles do not agree. */
export function releaseNamespace(file: string, chart: string, releases: readonly HelmfileRelease[]): string {
  const readers = releases.filter((release) => release.files.includes(file));
  const candidates = readers.length > 0 ? readers : releases.filter((release) => release.chart === chart);
  const [only, ...others] = new Set(candidates.map(({ namespace }) => namespace));
  return others.length > 0 ? "" : (only ?? "");
}
