import { oncePer } from "../../../../lib/once-per.ts";
import { HELM_CHART } from "../../../../policy/objects/kinds.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { fieldAt, idOf, isKind, nameOf, objectsNamed, type WrittenObject } from "../../objects.ts";
import { clusterOf, describeCluster } from "../../clusters.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { FileChange, Note, Plan, StepContext } from "../../step.ts";
import { whyNotSelected } from "../../selected.ts";
import { removeFromBuild } from "../../remove-from-build.ts";
import { includedObjects, type IncludedObject } from "../../included-objects.ts";
import { yamlFilesIn } from "../../../gitops/yaml/yaml-files.ts";
import { isHelmRepository } from "./artifact.ts";

/** The objects in a cluster that refer to a HelmRepository, as `Kind namespace/name`. */
export function usersOf(repository: Mapping, { objects }: BuiltCluster): readonly string[] {
  return objects.flatMap(({ object }) => {
    const reference = referenceOf(object);
    if (!reference) return [];
    const { namespace } = nameOf(object);
    const named = `${scalarText(reference.namespace) || namespace}/${scalarText(reference.name)}`;
    return named === idOf(repository) ? [userName(object)] : [];
  });
}

/** The reference of a release or a HelmChart to a HelmRepository. */
function referenceOf(object: Mapping): Mapping | undefined {
  const path = isKind(object, HELM_CHART) ? ["spec", "sourceRef"] : ["spec", "chart", "spec", "sourceRef"];
  const reference = fieldAt(object, path);
  return isMapping(reference) && reference.kind === "HelmRepository" ? reference : undefined;
}

const userName = (object: Mapping): string => `${scalarText(object.kind)} ${idOf(object)}`;

/**
 * Removes the HelmRepositories that the options list and nothing refers to, and reports the other unused ones.
 * They must be listed explicitly, because a release has to be Ready from its new source before Flux prunes the old one.
 * @param before what the step has changed so far
 * @param replaced the releases that no longer refer to a HelmRepository after those changes
 */
export function removeUnused(
  context: StepContext,
  before: readonly FileChange[],
  replaced: readonly WrittenObject[],
): Plan {
  const { remove } = context.options.oci;
  const notes: Note[] = [];
  const moved = movedIn(replaced, context);
  const changes = new Map(before.map(({ path, text: content }) => [path, content]));
  let repository = context.repository.with(changes);
  const included = includedObjects(context, isHelmRepository);
  for (const taken of included) {
    const [form] = taken.forms;
    if (!form) continue;
    const name = idOf(form.object);
    const asked = remove.includes(name);
    const note = (kind: Note["kind"], message: string): void => {
      notes.push({ kind, message: `HelmRepository ${name} ${message}`, position: taken.position });
    };
    const usersIn = (one: IncludedObject): readonly User[] => usersOfIncluded(one, moved, context);
    const isUsed = (one: IncludedObject): boolean => usersIn(one).some(({ moves }) => !moves);
    // Another cluster may receive the same document in another way.
    const others = included.filter(
      (one) => one !== taken && one.file === taken.file && one.offset === taken.offset,
    );
    const users = usersIn(taken);
    const user = users.find(({ moves }) => !moves) ?? users[0];
    const next = `once every release is Ready without it, list it under oci.remove in ${OPTIONS_FILE}`;
    if (user !== undefined) {
      const where = others.some(isUsed) ? ` of ${clusterNames(taken)}` : "";
      if (asked) note("left", `is kept: ${user.id} refers to it`);
      else if (user.moves) note("runbook", `loses its last user${where} in this commit: ${next}`);
      continue;
    }
    if (!asked && others.some((one) => usersIn(one).length > 0)) continue;
    const problem = whyUnknown(taken);
    if (!asked || problem !== undefined) {
      const named = otherMention(nameOf(form.object).name, context);
      note("left", asked && problem !== undefined ? `is kept: ${problem}` : `is unused${named}: ${next}`);
      continue;
    }
    const out = removeFromBuild(taken, repository);
    const refused =
      typeof out === "string"
        ? out
        : whyNotSelected(
            out.changes.map(({ path }) => path),
            context,
          );
    if (typeof out === "string" || refused !== undefined) {
      note("left", `is kept: ${refused ?? ""}`);
      continue;
    }
    for (const change of out.changes) changes.set(change.path, change.text);
    repository = repository.with(changes);
    note(
      "runbook",
      "is removed: before the commit, make sure that `kubectl get helmreleases,helmcharts -A -o yaml` does not mention it",
    );
    for (const comment of out.comments) note("removed", `is removed with its comment: ${comment}`);
  }
  return { changes: [...changes].map(([path, content]) => ({ path, text: content })), notes };
}

/** An object that refers to a HelmRepository. */
interface User {
  readonly id: string;
  /** Whether it no longer does after the step. */
  readonly moves: boolean;
}

/** The users of a HelmRepository in the clusters that receive it through one entry. */
function usersOfIncluded(
  one: IncludedObject,
  moved: ReturnType<typeof movedIn>,
  context: StepContext,
): readonly User[] {
  const [form] = one.forms;
  if (!form) return [];
  return clustersUsing(one, context).flatMap((cluster) =>
    usersOf(form.object, cluster).map((id) => ({ id, moves: moved.get(cluster)?.has(id) === true })),
  );
}

const clusterNames = ({ forms }: IncludedObject): string =>
  [...new Set(forms.map(({ cluster }) => describeCluster(cluster)))].join(", ");

/** The releases that move in each cluster: those of one name in other clusters may stay. */
function movedIn(
  replaced: readonly WrittenObject[],
  { clusters }: StepContext,
): ReadonlyMap<BuiltCluster | undefined, ReadonlySet<string>> {
  const forms = replaced.flatMap((release) => release.forms);
  const byCluster = Map.groupBy(forms, (form) => clusterOf(form, clusters));
  return new Map(
    [...byCluster].map(([cluster, own]) => [cluster, new Set(own.map(({ object }) => userName(object)))]),
  );
}

/** The clusters with a HelmRepository, and those with none of that name, which may get it in a way that the repository does not show. */
function clustersUsing({ forms }: IncludedObject, { clusters }: StepContext): readonly BuiltCluster[] {
  const own = new Set(forms.map(({ cluster }) => cluster));
  const [form] = forms;
  const hasOther = (cluster: BuiltCluster): boolean =>
    form !== undefined &&
    objectsNamed(cluster, "HelmRepository", nameOf(form.object).name).some(
      ({ object }) => idOf(object) === idOf(form.object),
    );
  return [...own, ...clusters.filter((cluster) => !own.has(cluster) && !hasOther(cluster))];
}

/** The `sourceRef` of a release or a chart, which may be commented out. */
const REFERENCE =
  /^[\s#]*kind: HelmRepository\r?\n[\s#]*name: ["']?([\w.-]+)|^[\s#]*name: ["']?([\w.-]+)["']?\r?\n[\s#]*kind: HelmRepository\b/gm;

/** For the name of each HelmRepository, the files that refer to it, whether or not Flux reads them. */
const filesNaming = oncePer((repository: Repository): ReadonlyMap<string, readonly string[]> => {
  const files = new Map<string, string[]>();
  for (const file of yamlFilesIn(repository))
    for (const [, after, before = ""] of (fileText(repository, file) ?? "").matchAll(REFERENCE)) {
      const name = after ?? before;
      files.set(name, [...(files.get(name) ?? []), file]);
    }
  return files;
});

/** A file that names a HelmRepository, although no object from it refers to any of that name in a cluster: Flux does not read it, or the reference is a comment. */
function otherMention(name: string, { repository, clusters }: StepContext): string {
  const users = new Set(
    clusters.flatMap(({ objects }) =>
      objects
        .filter(({ object }) => referenceOf(object)?.name === name)
        .map(({ origin }) => origin.source.file),
    ),
  );
  const files = (filesNaming(repository).get(name) ?? []).filter((file) => !users.has(file));
  const read = filesRead(clusters);
  const unread = files.find((file) => !read.has(file));
  if (unread !== undefined) return `, but ${unread}, which Flux does not read, names it`;
  return files[0] === undefined ? "" : `, but ${files[0]} names it`;
}

const filesRead = oncePer(
  (clusters: readonly BuiltCluster[]): ReadonlySet<string> =>
    new Set(clusters.flatMap(({ kustomizations }) => kustomizations.flatMap((one) => [...one.filesRead()]))),
);

/** Why it is not certain that nothing refers to a HelmRepository. */
function whyUnknown({ forms }: IncludedObject): string | undefined {
  const problem = forms.flatMap(({ cluster }) => cluster.problems)[0];
  return problem && `${problem.position.file} could not be built and may refer to it`;
}
