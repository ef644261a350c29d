import { stringify } from "yaml";
import { counted } from "../../../../lib/counted.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { blockLosses, lossNotes, lossRefusal, type Loss } from "../../losses.ts";
import { NewFiles } from "../../new-files.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { embeddedObjects, fieldAt, nameOf, writtenObjects, type WrittenObject } from "../../objects.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";
import { unknownVersions, whyNoChartRef } from "./api-version.ts";
import { whyForbidden } from "./allowed.ts";
import { isRelease, sourceOf } from "./artifact.ts";
import { releaseNamespace } from "../route/reading/hosts.ts";
import { listedInTable } from "./published.ts";
import {
  artifactIn,
  isUnshared,
  referenceFor,
  versionVariable,
  type NewRepositories,
} from "./repositories.ts";
import { sharedDirectories, sharedReference } from "./shared.ts";
import { notEditable } from "../../not-editable.ts";
import { importedElsewhere } from "./imported.ts";
import { readersOfChart } from "./readers.ts";
import { renovateNotes } from "./renovate.ts";
import { removeUnused } from "./unused.ts";
import { chartComments } from "./version-comments.ts";
import { waiting } from "./waiting.ts";

/** Replaces a chart from a HelmRepository with a `chartRef` to an OCIRepository next to the HelmRelease, at the same version. */
export const oci: Step = {
  id: "oci",
  title: "Fetch charts from OCIRepositories",
  risk: { level: "low", phrase: "pods with a chart label restart once" },
  live: [
    "after: `flux get helmreleases -A` must show every release Ready. The digest of the artifact is appended to the chart version, so pods with a chart label restart once",
  ],
  plan,
  whyForbidden,
};

function plan(context: StepContext): Plan {
  const notes: Note[] = [];
  const unseen: string[] = [];
  const files = new NewFiles(context.repository);
  const added: NewRepositories = { files, created: new Map(), taken: new Set() };
  const edits = new Map<string, YamlEdit>();
  const replaced: WrittenObject[] = [];
  for (const release of writtenObjects(context, isRelease)) {
    if (!context.selected(release.file)) continue;
    const planned = sourceOf(release, context);
    if (planned === undefined) continue;
    const { position } = release;
    if ("reason" in planned) {
      if (planned.unchecked) unseen.push(`${position.file}:${position.line}: ${planned.reason}`);
      else notes.push({ kind: "left", message: planned.reason, position });
      continue;
    }
    const tooOld = whyNoChartRef(release, context);
    if (tooOld !== undefined) {
      notes.push({ kind: "refused", message: `unchanged: ${tooOld}`, position });
      continue;
    }
    const edit = edits.get(release.file) ?? new YamlEdit(release.text);
    const document = edit.documentAt(release.origin.offset);
    const comments = chartComments(release, edit, context.options.oci.shared);
    if (typeof comments === "string") {
      notes.push({ kind: "refused", message: `unchanged: ${comments}`, position });
      continue;
    }
    const losses = [...blockLosses(comments.lost, "spec.chart"), ...chartMetadata(release)];
    const refusal = lossRefusal(losses, context, position);
    if (refusal) {
      notes.push(refusal);
      continue;
    }
    // No OCIRepository is added for a release that stays as it is.
    const trial = new YamlEdit(release.text);
    if (!trial.replace(document, ["spec", "chart"], stringify({ chartRef: {} }))) {
      notes.push({ kind: "left", message: `unchanged: ${notEditable(trial, release.file)}`, position });
      continue;
    }
    // A marker updates one tag, and a variable belongs to one Kustomization, so a release with either gets an OCIRepository for itself.
    const isShared = comments.markers.length === 0 && versionVariable(release, context) === undefined;
    const reference =
      context.options.oci.shared && isShared
        ? sharedReference(release, planned, context, added)
        : referenceFor(release, { ...planned, ...comments }, context, added);
    if (typeof reference === "string")
      notes.push({ kind: "refused", message: `unchanged: ${reference}`, position });
    else if (edit.replace(document, ["spec", "chart"], stringify({ chartRef: reference }))) {
      edits.set(release.file, edit);
      replaced.push(release);
      const [form] = release.forms;
      const chart = scalarText(fieldAt(form?.object, ["spec", "chart", "spec", "chart"]));
      if (form && context.options.oci.versionInSelector.includes(chart))
        notes.push({ kind: "runbook", message: recreation(form.object), position });
      notes.push(...lossNotes(losses, position));
    } else
      notes.push({
        kind: "left",
        message: `unchanged: ${notEditable(edit, release.file)}`,
        position,
      });
  }
  const moved: FileChange[] = [...edits].map(([path, edit]) => ({ path, text: edit.text() }));
  const unused = removeUnused(context, files.changes(moved), replaced);
  return {
    changes: unused.changes,
    notes: [
      ...notes,
      ...(added.created.size > 0 ? unknownVersions(replaced, context) : []),
      ...listedInTable(replaced, context),
      ...sharing(added.created, replaced, context),
      ...waiting(replaced, context),
      ...(replaced.length > 0 ? readersOfChart(context) : []),
      ...renovateNotes(replaced, unused.changes, context),
      ...importedElsewhere(replaced, context),
      ...embeddedObjects(context, isRelease),
      ...unused.notes,
    ],
    unseen,
  };
}

/** Labels and annotations of the HelmChart, which no longer exists. */
function chartMetadata({ forms }: WrittenObject): readonly Loss[] {
  const hasAny = forms.some(({ object }) => fieldAt(object, ["spec", "chart", "metadata"]) !== undefined);
  return hasAny ? [{ kind: "setting", message: "spec.chart.metadata: the labels of its HelmChart" }] : [];
}

/** Proposes shared OCIRepositories if several would have the same artifact. */
function sharing(
  created: NewRepositories["created"],
  releases: readonly WrittenObject[],
  context: StepContext,
): readonly Note[] {
  const keys = [...created.keys()].filter((key) => !isUnshared(key));
  const artifacts = new Set(keys.map(artifactIn));
  if (context.options.oci.shared || artifacts.size === keys.length) return [];
  const message = `${keys.length} new OCIRepositories hold ${counted(artifacts.size, "chart version")}: with --shared-repositories, or oci.shared in ${OPTIONS_FILE}, the releases of each share one in ${sharedDirectories(releases, context).join(" or ")}`;
  return [{ kind: "option", message }];
}

/** The manual steps for a chart whose selectors change with the digest in its version. */
function recreation(release: Mapping): string {
  const { namespace, name } = nameOf(release);
  return [
    `HelmRelease ${namespace}/${name}: its selectors contain the chart version, and selectors are immutable.`,
    `Before the commit: flux suspend helmrelease ${name} -n ${namespace}.`,
    `Once Flux has applied it: kubectl delete deployments,statefulsets,daemonsets -n ${releaseNamespace(release)} -l helm.toolkit.fluxcd.io/name=${name},helm.toolkit.fluxcd.io/namespace=${namespace}`,
    `(the app is down until the next command has finished; its PersistentVolumeClaims stay), then flux resume helmrelease ${name} -n ${namespace}.`,
  ].join(" ");
}
