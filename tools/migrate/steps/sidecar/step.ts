import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { clusterOf } from "../../clusters.ts";
import { NewFiles } from "../../new-files.ts";
import { asWritten, fieldAt, objectsNamed, writtenObjects, type WrittenObject } from "../../objects.ts";
import { IN_ANOTHER_FILE, supply } from "../../supply.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";
import { alertNotes } from "../annotate/alerts.ts";
import { placedRoutes } from "../annotate/places.ts";
import { hostOf } from "../annotate/sidecar.ts";
import { isRelease } from "../oci/artifact.ts";
import { releaseNamespace } from "../route/reading/hosts.ts";
import { whyForbidden, whyRenderedForbidden } from "./allowed.ts";
import { configMapChange, configText, whyNotEditable } from "./config-edit.ts";
import { editBlock, skipsInvalid } from "./config-text.ts";
import { pinnedSidecar, rbacObjects, roleOf, SIDECAR } from "./container.ts";
import type { SidecarPlace } from "./place.ts";
import { withAllValues } from "./all-values.ts";
import { notEditable } from "../../not-editable.ts";
import { placeIn, whyNotIn } from "./releases.ts";

const VALUES = ["spec", "values"];

/** Adds gatus-sidecar to the HelmReleases that run Gatus. */
export const sidecar: Step = {
  id: "sidecar",
  title: "Let Gatus discover HTTPRoutes",
  risk: { level: "medium", phrase: "Gatus restarts, and monitors every HTTPRoute" },
  live: [
    "before: Kubernetes must be 1.29 or later, and the Gateway API must be installed (kubectl get crd httproutes.gateway.networking.k8s.io gateways.gateway.networking.k8s.io)",
    'after: Gatus\'s page shows an endpoint for each HTTPRoute; one that does not return 200 needs the annotation gatus.home-operations.com/endpoint, or enabled: "false"',
  ],
  plan,
  whyForbidden,
  whyRenderedForbidden,
};

function plan(context: StepContext): Plan {
  const changes: FileChange[] = [];
  const notes: Note[] = [];
  for (const release of writtenObjects(context, isRelease)) {
    if (!context.selected(release.file)) continue;
    const planned = planRelease(release, context);
    if (planned === undefined || planned === "") continue;
    if (typeof planned === "string") {
      notes.push({ kind: "refused", message: `unchanged: ${planned}`, position: release.position });
      continue;
    }
    changes.push(...planned);
    const clusters = new Set(release.forms.flatMap((form) => clusterOf(form, context.clusters) ?? []));
    for (const cluster of clusters) {
      const routes = placedRoutes(cluster).filter(({ route }) => hostOf(route) !== "");
      notes.push(...alertNotes([cluster], routes.length));
    }
  }
  return { changes, notes };
}

/** What a release gets in one cluster. */
interface Form {
  readonly object: Mapping;
  readonly cluster: BuiltCluster;
  readonly place: SidecarPlace;
  readonly namespace: string;
  readonly hasSkip: boolean;
}

/** The changes for a release; a reason if there are none, empty if it has gatus-sidecar, undefined if it does not run Gatus. */
function planRelease(
  release: WrittenObject,
  context: StepContext,
): readonly FileChange[] | string | undefined {
  const forms: Form[] = [];
  for (const built of release.forms) {
    const cluster = clusterOf(built, context.clusters);
    if (!cluster) return undefined;
    const form = formOf(built.object, cluster, context);
    if (form === undefined || typeof form === "string") return form;
    forms.push(form);
  }
  const [form, ...others] = forms;
  if (!form) return undefined;
  const key = ({ place, namespace, hasSkip }: Form): unknown => ({ place, namespace, hasSkip });
  if (!others.every((other) => isDeepStrictEqual(key(other), key(form))))
    return "its values or its configuration differ between the clusters that share it";
  return changesFor(release, form, context);
}

function formOf(object: Mapping, cluster: BuiltCluster, { options }: StepContext): Form | string | undefined {
  const place = placeIn(object, cluster, options);
  if (place === undefined) return undefined;
  const config =
    typeof place === "string"
      ? undefined
      : configText(withAllValues(object, cluster).release, place.config, cluster);
  const reason = whyNotIn(cluster, config);
  if (reason !== undefined) return reason;
  if (typeof place === "string") return place;
  const uneditable = whyNotEditable(config);
  if (uneditable !== undefined) return uneditable;
  const name = roleOf(object);
  if (["ClusterRole", "ClusterRoleBinding"].some((kind) => objectsNamed(cluster, kind, name).length > 0))
    return `a ClusterRole or ClusterRoleBinding ${name} already exists`;
  return {
    object,
    cluster,
    place,
    namespace: releaseNamespace(object),
    hasSkip: skipsInvalid(config ?? "") === true,
  };
}

function changesFor(
  release: WrittenObject,
  form: Form,
  context: StepContext,
): readonly FileChange[] | string {
  const { repository, options } = context;
  const { place, namespace, hasSkip } = form;
  const directory = posix.dirname(release.file);
  const path = posix.join(directory, `${SIDECAR}.yaml`);
  if (repository.isFile(path)) return `${path} already exists`;
  const edit = new YamlEdit(release.text);
  const document = edit.documentAt(release.origin.offset);
  const written = asWritten(release, repository);
  const values = fieldAt(written, VALUES);
  const isSupplied =
    values === undefined
      ? edit.insert(document, VALUES.slice(0, 1), writeYaml({ values: place.values }))
      : supply({ edit, document, path: VALUES }, values, place.values);
  const isText = place.config.in === "text" && !hasSkip;
  if (!isSupplied) return notEditable(edit, release.file, IN_ANOTHER_FILE);
  if (isText && !editBlock(edit, document, [...VALUES, ...place.config.path]))
    return "Gatus's configuration in its values is not a literal block (`|`): write it as one";
  const config =
    place.config.in === "ConfigMap" && !hasSkip
      ? configMapChange(form.object, place.config, form.cluster, context)
      : "";
  if (config === undefined)
    return "Gatus's configuration is not a literal block or a file that can be edited";
  const files = new NewFiles(repository);
  const account = { namespace, name: place.serviceAccount };
  for (const object of rbacObjects(roleOf(form.object), account, pinnedSidecar(options)))
    files.append(path, writeYaml(object));
  const kustomization = findKustomizationFile(repository, directory);
  if (kustomization !== undefined) files.addResource(kustomization, `./${SIDECAR}.yaml`);
  return files.changes([{ path: release.file, text: edit.text() }, ...(config === "" ? [] : [config])]);
}
