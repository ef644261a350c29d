import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { HELM_RELEASE } from "../../../../policy/objects/kinds.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { clusterOf } from "../../clusters.ts";
import { NewFiles } from "../../new-files.ts";
import { at, idOf, nameOf, objectNamed, writtenObjects } from "../../objects.ts";
import { artifactOf, isHelmRepository, isOciRepository, isRelease, sourceOf } from "./artifact.ts";
import { namesOf, referenceFor } from "./repositories.ts";
import { removeUnused, usersOf } from "./unused.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";

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

function plan(context: StepContext): Plan {
  const notes: Note[] = [];
  const files = new NewFiles(context.repository);
  const made = new Map<string, string>();
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
    const reference = referenceFor(release, planned, context, files, made);
    if (typeof reference === "string") notes.push({ kind: "left", message: reference, position });
    else if (edit.replace(document, ["spec", "chart"], stringify({ chartRef: reference }))) {
      edits.set(release.file, edit);
      const [form] = release.forms;
      const chart = scalarText(at(form?.object, ["spec", "chart", "spec", "chart"]));
      if (form && context.options.oci.versionInSelector.includes(chart))
        notes.push({ kind: "runbook", message: recreation(form.object), position });
      for (const comment of edit.commentsOf(document, ["spec", "chart"], true))
        notes.push({ kind: "lost", message: `the comment "${comment}" goes with spec.chart`, position });
    } else
      notes.push({
        kind: "left",
        message: "spec.chart holds an anchor or is written in flow style",
        position,
      });
  }
  const moved: FileChange[] = [...edits].map(([path, edit]) => ({ path, text: edit.text() }));
  const unused = removeUnused(context, [...moved, ...files.changes()]);
  return { changes: unused.changes, notes: [...notes, ...unused.notes] };
}

/** What has to happen live where a chart's selector is another one with the digest in the version. */
function recreation(release: Mapping): string {
  const { namespace, name } = nameOf(release);
  return [
    `HelmRelease ${namespace}/${name}: its selectors hold the version, and a selector can never change.`,
    `Before the commit: flux suspend helmrelease ${name} -n ${namespace}.`,
    `After Flux has applied it: kubectl delete deployments,statefulsets,daemonsets -n ${namespace} -l helm.toolkit.fluxcd.io/name=${name}`,
    `(the app is away until the next command is through; claims stay), then flux resume helmrelease ${name} -n ${namespace}.`,
  ].join(" ");
}

/**
 * Intended: `chart` gives way to `chartRef` of an OCIRepository with the very artifact, which is there or comes, and nothing else of the release
 * changes.
 */
function unintended(
  ...[before, after, context, clusters]: Parameters<Step["unintended"]>
): string | undefined {
  if (!before && after && isOciRepository(after.object)) return strange(after.object, context);
  if (before && !after && isHelmRepository(before.object)) return used(before, context, clusters);
  if (!before || !after || !isRelease(after.object))
    return "only HelmReleases, new OCIRepositories and unused HelmRepositories may change";
  if (!isDeepStrictEqual(withoutChart(before.object), withoutChart(after.object)))
    return "more than its chart has changed";
  const source = artifactOf(before.object, context);
  if (source === undefined || "reason" in source) return "its chart's address is not known";
  const reference = at(after.object, ["spec", "chartRef"]);
  const names = namesOf(after.object, source, clusters);
  return isMapping(reference) &&
    reference.kind === "OCIRepository" &&
    names.some((own) => own.has(scalarText(reference.name)))
    ? undefined
    : "its chartRef leads to no OCIRepository of the chart that it had";
}

/** Why a HelmRepository may not go. */
function used(
  built: BuiltObject,
  { clusters: before, options }: StepContext,
  clusters: readonly BuiltCluster[],
): string | undefined {
  if (!options.oci.remove.includes(idOf(built.object))) return "its removal was not asked for by name";
  const cluster = clusters.find(({ name }) => name === clusterOf(built, before)?.name);
  const [user] = cluster ? usersOf(built.object, cluster) : [];
  return user && `${user} refers to it`;
}

/** Why a new OCIRepository is not the chart of the release with its name. */
function strange(object: Mapping, context: StepContext): string | undefined {
  const release = objectNamed(context.clusters, HELM_RELEASE, nameOf(object));
  const source = release && artifactOf(release.object, context);
  if (source === undefined || "reason" in source) return "no release with its name has a known artifact";
  const same =
    at(object, ["spec", "url"]) === source.address && at(object, ["spec", "ref", "tag"]) === source.tag;
  return same ? undefined : "its artifact is not the chart of the release with its name";
}

function withoutChart(object: Mapping): unknown {
  const fields = isMapping(object.spec) ? Object.entries(object.spec) : [];
  return { ...object, spec: new Map(fields.filter(([key]) => key !== "chart" && key !== "chartRef")) };
}
