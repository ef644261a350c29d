import { posix } from "node:path";
import { scalarText } from "../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../gitops/yaml/values.ts";
import type { FindObject } from "../find-object.ts";
import { mappingIn } from "../release.ts";
import { NotRenderable } from "../rendered.ts";

/** Where a HelmRelease takes its chart from. */
export type ChartReference = OciChart | ListedChart | FilesChart;

/** A chart in an OCI registry. */
export interface OciChart {
  readonly kind: "oci";
  /** Without `oci://` and without a tag. */
  readonly repository: string;
  readonly digest?: string;
  readonly tag?: string;
  /** A semver range over the tags. */
  readonly range?: string;
  readonly needsLogin: boolean;
  readonly valuesFiles: ValuesFiles;
}

/** A chart in the index of an HTTP repository. */
export interface ListedChart {
  readonly kind: "listed";
  readonly url: string;
  readonly name: string;
  readonly range: string;
  readonly needsLogin: boolean;
  readonly valuesFiles: ValuesFiles;
}

/** A chart in the files of a source, such as a GitRepository. */
export interface FilesChart {
  readonly kind: "files";
  /** The source, as `GitRepository flux-system/home`. */
  readonly source: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** Relative to the source. */
  readonly path: string;
  readonly valuesFiles: ValuesFiles;
}

/** Files in the chart that replace its values.yaml. */
export interface ValuesFiles {
  readonly names: readonly string[];
  readonly ignoreMissing: boolean;
}

/** The chart's name, for messages and for a directory of charts. */
export function chartName(reference: ChartReference): string {
  if (reference.kind === "listed") return reference.name;
  return posix.basename(reference.kind === "oci" ? reference.repository : reference.path);
}

const SOURCES = "source.toolkit.fluxcd.io";

/**
 * Reads where a HelmRelease takes its chart from: `chart`, or `chartRef` to an OCIRepository or a HelmChart.
 * @throws NotRenderable if an object is missing, or of a kind that is not supported
 */
export function chartReference(release: Mapping, find: FindObject): ChartReference {
  const spec = mappingIn(release, "spec");
  const home = scalarText(mappingIn(release, "metadata").namespace) || "default";
  const { kind, name, namespace } = texts(mappingIn(spec, "chartRef"));
  if (kind === "") return chartSpec(mappingIn(mappingIn(spec, "chart"), "spec"), home, find);
  const referenced = require({ kind, namespace: namespace || home, name }, find);
  if (kind === "HelmChart") return chartSpec(mappingIn(referenced, "spec"), namespace || home, find);
  if (kind === "OCIRepository") return ociRepository(mappingIn(referenced, "spec"));
  throw new NotRenderable(`charts from kind ${kind} are not supported`);
}

interface SourceName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

function require({ kind, namespace, name }: SourceName, find: FindObject): Mapping {
  const found = find({ group: SOURCES, kind, namespace, name });
  if (found === undefined)
    throw new NotRenderable(
      `${kind} ${namespace}/${name}, the source of its chart, is not in the repository`,
    );
  return found;
}

function texts(fields: Mapping): SourceName {
  const { kind, namespace, name } = fields;
  return { kind: scalarText(kind), namespace: scalarText(namespace), name: scalarText(name) };
}

/** A chart that a HelmRelease or a HelmChart names in a source. */
function chartSpec(spec: Mapping, home: string, find: FindObject): ChartReference {
  const { kind, namespace, name } = texts(mappingIn(spec, "sourceRef"));
  const source = { kind, namespace: namespace || home, name };
  const chart = scalarText(spec.chart);
  if (chart === "") throw new NotRenderable("it names no chart");
  const range = scalarText(spec.version) || "*";
  const valuesFiles = valuesFilesOf(spec);
  if (kind !== "HelmRepository") return { kind: "files", source, path: relativePath(chart), valuesFiles };
  const repository = mappingIn(require(source, find), "spec");
  const url = scalarText(repository.url).replace(/\/+$/, "");
  const needsLogin = hasLogin(repository);
  if (repository.type !== "oci" && !url.startsWith("oci://"))
    return { kind: "listed", url, name: chart, range, needsLogin, valuesFiles };
  return {
    kind: "oci",
    repository: `${url.replace(/^oci:\/\//, "")}/${chart}`,
    range,
    needsLogin,
    valuesFiles,
  };
}

const relativePath = (path: string): string => posix.join("/", path).replace(/^\/+|\/+$/g, "") || ".";

function valuesFilesOf({ valuesFiles, ignoreMissingValuesFiles }: Mapping): ValuesFiles {
  const names = Array.isArray(valuesFiles) ? valuesFiles.map(scalarText) : [];
  return { names, ignoreMissing: ignoreMissingValuesFiles === true };
}

/** Source-controller prefers a digest to a range, and a range to a tag. */
function ociRepository(spec: Mapping): OciChart {
  const { digest, semver, semverFilter, tag } = mappingIn(spec, "ref");
  if (semverFilter !== undefined)
    throw new NotRenderable("an OCIRepository with a semverFilter is not supported");
  return {
    kind: "oci",
    repository: scalarText(spec.url)
      .replace(/^oci:\/\//, "")
      .replace(/\/+$/, ""),
    ...(scalarText(digest) !== "" && { digest: scalarText(digest) }),
    ...(scalarText(semver) !== "" && { range: scalarText(semver) }),
    tag: scalarText(tag) || "latest",
    needsLogin: hasLogin(spec),
    valuesFiles: { names: [], ignoreMissing: false },
  };
}

function hasLogin({ secretRef, serviceAccountName, provider, certSecretRef }: Mapping): boolean {
  const isGeneric = provider === undefined || provider === "generic";
  return !isGeneric || [secretRef, serviceAccountName, certSecretRef].some((login) => login !== undefined);
}
