import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { clusterOf } from "../../clusters.ts";
import { NewFiles } from "../../new-files.ts";
import { asWritten, fieldAt, fieldsIn, writtenObjects, type WrittenObject } from "../../objects.ts";
import { IN_ANOTHER_FILE, supply } from "../../supply.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";
import { isRelease } from "../oci/artifact.ts";
import { whyForbidden } from "./allowed.ts";
import { keysOf } from "./keys.ts";
import { newClusterLines } from "./new-cluster.ts";
import { liveLines, type Routed } from "./live.ts";
import { alertmanagerConfig, externalSecret, NAME } from "./objects.ts";
import { notEditable } from "../../not-editable.ts";
import { ALERTMANAGER, isStack, labelsOf, routesAllNamespaces, VALUES, whyNot } from "./stack.ts";

const FILE = `${NAME}.yaml`;
const IN_SPEC = ["spec", "values"];

/** Routes critical alerts of kube-prometheus-stack to Pushover. */
export const pushover: Step = {
  id: "pushover",
  title: "Send critical alerts to Pushover",
  risk: { level: "low", phrase: "Alertmanager reloads its configuration" },
  // The plan has the lines of the releases that get a route.
  live: [],
  plan,
  whyForbidden,
  // The change of the values is exact, and its purpose is that the chart installs something else.
  whyRenderedForbidden: () => undefined,
};

function plan(context: StepContext): Plan {
  const changes: FileChange[] = [];
  const notes: Note[] = [];
  const routed: Routed[] = [];
  for (const release of writtenObjects(context, isRelease)) {
    if (!context.selected(release.file) || !isStack(release.forms[0]?.object, context.clusters)) continue;
    const planned = planRelease(release, context);
    if (typeof planned !== "string") {
      changes.push(...planned.changes);
      routed.push(planned);
    } else if (planned !== "")
      notes.push({ kind: "left", message: `unchanged: ${planned}`, position: release.position });
  }
  const releases = routed.map(({ release }) => release);
  const live = liveLines(routed, context.options.pushover, newClusterLines(releases, context));
  return { changes, notes, live };
}

/** The changes that give a release's alerts a route. */
interface Planned extends Routed {
  readonly changes: readonly FileChange[];
}

/** The changes for a release; the reason if there are none, empty if its alerts already go to Pushover. */
function planRelease(release: WrittenObject, context: StepContext): Planned | string {
  const { repository, options } = context;
  const found = release.forms.map((form) => {
    const cluster = clusterOf(form, context.clusters);
    if (!cluster) return "its cluster is not known";
    return whyNot(form.object, cluster) ?? keysOf(cluster, options.pushover);
  });
  const reason = found.find((one) => typeof one === "string");
  if (reason !== undefined) return reason;
  const [keys, ...others] = found.filter((one) => typeof one !== "string");
  if (!keys || !others.every((other) => isDeepStrictEqual(other, keys)))
    return "the clusters that share it keep their secrets in different stores";
  const directory = posix.dirname(release.file);
  if (repository.isFile(posix.join(directory, FILE))) return `${FILE} already exists`;
  const written = asWritten(release, repository);
  const edit = new YamlEdit(release.text);
  const place = { edit, document: edit.documentAt(release.origin.offset), path: IN_SPEC };
  const routed = release.forms.every(({ object }) => routesAllNamespaces(object));
  if (!routed && !supply(place, fieldAt(written, IN_SPEC), VALUES))
    return notEditable(edit, release.file, IN_ANOTHER_FILE);
  const namespace = fieldAt(written, ["metadata", "namespace"]);
  const metadata: Mapping = { name: NAME, ...(namespace !== undefined && { namespace }) };
  const labels = labelsOf(fieldsIn(release.forms[0]?.object, ALERTMANAGER)) ?? {};
  const labelled = { ...metadata, ...(Object.keys(labels).length > 0 && { labels }) };
  const files = new NewFiles(repository);
  const path = posix.join(directory, FILE);
  files.append(path, writeYaml(alertmanagerConfig(labelled, keys.keys)));
  if (keys.store) files.append(path, writeYaml(externalSecret(metadata, keys.store, options.pushover)));
  const kustomization = findKustomizationFile(repository, directory);
  if (kustomization !== undefined) files.addResource(kustomization, `./${FILE}`);
  const changes = files.changes(routed ? [] : [{ path: release.file, text: edit.text() }]);
  return { changes, release, ...keys };
}
