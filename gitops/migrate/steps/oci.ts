import { posix } from "node:path";
import { valid } from "semver";
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { ociAddress } from "../../../policy/oci-charts.ts";
import { findKustomizationFile } from "../../build/kustomization-file.ts";
import { text } from "../../build/resource.ts";
import { isFields, type Fields } from "../../documents/values.ts";
import { YamlEdit } from "../../edit/yaml-edit.ts";
import { NewFiles } from "../new-files.ts";
import { at, isKind, nameOf, writtenObjects, type WrittenObject } from "../objects.ts";
import type { BuiltCluster } from "../../flux/built.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../step.ts";

const HELM = "helm.toolkit.fluxcd.io";
const SOURCE = "source.toolkit.fluxcd.io";

const isRelease = (object: Fields): boolean => isKind(object, HELM, "HelmRelease");
const isHelmRepository = (object: Fields): boolean => isKind(object, SOURCE, "HelmRepository");
const isOciRepository = (object: Fields): boolean => isKind(object, SOURCE, "OCIRepository");

/** From a chart of a HelmRepository to `chartRef` with an OCIRepository beside the HelmRelease, the same version. */
export const oci: Step = {
  id: "oci",
  title: "Charts from OCIRepositories",
  risk: "low",
  live: [
    "flux get helmreleases -A: each stays Ready; its chart's version gains the digest of the artifact, so pods with a chart label restart once",
  ],
  plan,
  unintended,
};

interface Source {
  readonly address: string;
  readonly tag: string;
}

function plan(context: StepContext): Plan {
  const notes: Note[] = [];
  const files = new NewFiles(context.repository);
  const edits = new Map<string, YamlEdit>();
  for (const release of writtenObjects(context.clusters, isRelease)) {
    if (!context.selected(release.file)) continue;
    const planned = sourceOf(release, context);
    if (planned === undefined) continue;
    const { position } = release;
    if ("reason" in planned) {
      notes.push({ kind: "left", message: planned.reason, position });
      continue;
    }
    const edit = edits.get(release.file) ?? new YamlEdit(release.text);
    const document = edit.documentAt(release.origin.offset);
    const reference = referenceFor(release, planned, context, files);
    if (typeof reference === "string") notes.push({ kind: "left", message: reference, position });
    else if (edit.replace(document, ["spec", "chart"], stringify({ chartRef: reference }))) {
      edits.set(release.file, edit);
      for (const comment of edit.commentsOf(document, ["spec", "chart"], true))
        notes.push({ kind: "lost", message: `the comment "${comment}" goes with spec.chart`, position });
    } else
      notes.push({
        kind: "left",
        message: "spec.chart holds an anchor or is written in flow style",
        position,
      });
  }
  const changes: FileChange[] = [...edits].map(([path, edit]) => ({ path, text: edit.text() }));
  return { changes: [...changes, ...files.changes()], notes };
}

/** The OCI artifact that is the release's chart in every cluster; a reason where there is none; undefined where there is nothing to do. */
function sourceOf(release: WrittenObject, context: StepContext): Source | { reason: string } | undefined {
  const sources = release.forms.map(({ object }) => artifactOf(object, context));
  const [first] = sources;
  if (first === undefined || sources.every((source) => isDeepStrictEqual(source, first))) return first;
  return {
    reason: "its chart is another one in each cluster: give each cluster a HelmRelease of its own first",
  };
}

function artifactOf(object: Fields, context: StepContext): Source | { reason: string } | undefined {
  const chart = at(object, ["spec", "chart", "spec"]);
  if (!isFields(chart) || at(chart, ["sourceRef", "kind"]) !== "HelmRepository") return undefined;
  const name = text(chart.chart);
  const version = text(chart.version);
  const extra = ["valuesFiles", "verify", "ignoreMissingValuesFiles"].filter(
    (key) => chart[key] !== undefined,
  );
  if (extra.length > 0) return { reason: `spec.chart.spec.${extra.join(", ")} has no place beside chartRef` };
  if (valid(version) === null)
    return {
      reason: `${name} has ${version === "" ? "no version" : `the version ${version}`}: a tag takes an exact one`,
    };
  const repository = repositoryOf(object, chart, context);
  if (!repository)
    return {
      reason: `its HelmRepository ${text(at(chart, ["sourceRef", "name"]))} is not in this repository`,
    };
  const url = text(at(repository, ["spec", "url"]));
  const secret = at(repository, ["spec", "secretRef"]);
  if (secret !== undefined)
    return { reason: "its HelmRepository has a login (secretRef), which an OCIRepository would need too" };
  const address = ociAddress(url, name);
  if (address === undefined)
    return { reason: `${name} is not known to be published as an OCI artifact (${url})` };
  const published = context.options.oci.published[address] ?? [];
  // What is pulled from this very registry today is there.
  if (!url.startsWith("oci://") && !published.includes(version)) {
    const check = `crane ls ${address.slice("oci://".length)}`;
    return {
      reason: `${address} is known, and whether it has ${version} is not: where \`${check}\` lists it, add it to oci.published`,
    };
  }
  return { address, tag: version };
}

function repositoryOf(release: Fields, chart: Fields, { clusters }: StepContext): Fields | undefined {
  const name = text(at(chart, ["sourceRef", "name"]));
  const namespace = text(at(chart, ["sourceRef", "namespace"])) || nameOf(release).namespace;
  return clusters
    .flatMap(({ objects }) => objects)
    .map(({ object }) => object)
    .find(
      (object) =>
        isHelmRepository(object) && nameOf(object).name === name && nameOf(object).namespace === namespace,
    );
}

/** `chartRef`: to an OCIRepository that is there in every cluster, or to a new one beside the release; a reason where neither can be. */
function referenceFor(
  release: WrittenObject,
  source: Source,
  context: StepContext,
  files: NewFiles,
): Fields | string {
  const [form] = release.forms;
  if (!form) return "no cluster gets it";
  const { name, namespace } = nameOf(form.object);
  const known = release.forms.map((built) => namesOf(built.object, source, context.clusters)[0]);
  const [first] = known;
  if (first !== undefined && known.every((one) => one === first))
    return { kind: "OCIRepository", name: first };
  const directory = posix.dirname(release.file);
  const kustomization = findKustomizationFile(context.repository, directory);
  if (
    context.clusters.some(({ objects }) =>
      objects.some(
        ({ object }) => isOciRepository(object) && isDeepStrictEqual(nameOf(object), { name, namespace }),
      ),
    )
  )
    return `an OCIRepository ${namespace}/${name} is there, and is of another chart or version`;
  const path = posix.join(directory, "ocirepository.yaml");
  const object = {
    apiVersion: `${SOURCE}/v1`,
    kind: "OCIRepository",
    metadata: { name, ...(written(release, "namespace") && { namespace }) },
    spec: {
      interval:
        text(at(form.object, ["spec", "chart", "spec", "interval"])) ||
        text(at(form.object, ["spec", "interval"])) ||
        "1h",
      url: source.address,
      ref: { tag: source.tag },
      layerSelector: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", operation: "copy" },
    },
  };
  files.append(path, stringify(object));
  if (kustomization !== undefined) files.addResource(kustomization, "./ocirepository.yaml");
  return { kind: "OCIRepository", name };
}

/** Whether the release's own file says a field of its metadata. */
function written(release: WrittenObject, field: string): boolean {
  const edit = new YamlEdit(release.text);
  return edit.has(edit.documentAt(release.origin.offset), ["metadata", field]);
}

/** Names of the OCIRepositories of that very artifact in the release's namespace. */
function namesOf(
  release: Fields,
  { address, tag }: Source,
  clusters: readonly BuiltCluster[],
): readonly string[] {
  const { namespace } = nameOf(release);
  return clusters
    .flatMap(({ objects }) => objects)
    .map(({ object }) => object)
    .filter((object) => isOciRepository(object) && nameOf(object).namespace === namespace)
    .filter((object) => at(object, ["spec", "url"]) === address && at(object, ["spec", "ref", "tag"]) === tag)
    .map((object) => nameOf(object).name);
}

/**
 * Intended: `chart` gives way to `chartRef` of an OCIRepository with the very artifact, which is there or comes, and nothing else of the release
 * changes.
 */
function unintended(
  ...[before, after, context, clusters]: Parameters<Step["unintended"]>
): string | undefined {
  if (!before && after && isOciRepository(after.object)) return strange(after.object, context);
  if (!before || !after || !isRelease(after.object))
    return "only HelmReleases and new OCIRepositories may change";
  if (!isDeepStrictEqual(withoutChart(before.object), withoutChart(after.object)))
    return "more than its chart has changed";
  const source = artifactOf(before.object, context);
  if (source === undefined || "reason" in source) return "its chart's address is not known";
  const reference = at(after.object, ["spec", "chartRef"]);
  const names = namesOf(after.object, source, clusters);
  return isFields(reference) && reference.kind === "OCIRepository" && names.includes(text(reference.name))
    ? undefined
    : "its chartRef leads to no OCIRepository of the chart that it had";
}

/** Why a new OCIRepository is not the chart of the release with its name. */
function strange(object: Fields, context: StepContext): string | undefined {
  const release = context.clusters
    .flatMap(({ objects }) => objects)
    .find((built) => isRelease(built.object) && isDeepStrictEqual(nameOf(built.object), nameOf(object)));
  const source = release && artifactOf(release.object, context);
  if (source === undefined || "reason" in source) return "no release with its name has a known artifact";
  const same =
    at(object, ["spec", "url"]) === source.address && at(object, ["spec", "ref", "tag"]) === source.tag;
  return same ? undefined : "its artifact is not the chart of the release with its name";
}

function withoutChart(object: Fields): unknown {
  const fields = isFields(object.spec) ? Object.entries(object.spec) : [];
  return { ...object, spec: new Map(fields.filter(([key]) => key !== "chart" && key !== "chartRef")) };
}
