import { isOfEdgefirst } from "../../../gitops/own-directory.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { fieldAt, fieldsIn, idOf, nameOf, objectsNamed, type WrittenObject } from "../../objects.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { FileChange, Note, Plan, StepContext } from "../../step.ts";
import { whyNotSelected } from "../../selected.ts";
import { describeCluster } from "../../clusters.ts";
import { removeFromBuild } from "../../remove-from-build.ts";
import { includedObjects, type Form, type IncludedObject } from "../../included-objects.ts";
import { isHelmRepository } from "./artifact.ts";
import { mayBeNamedIn, namedIn } from "./naming.ts";
import { usersAmong, type User } from "./users.ts";

/** A HelmRepository, and who uses it in the clusters that get it through one entry. */
interface Used {
  readonly taken: IncludedObject;
  /** `namespace/name`. */
  readonly id: string;
  readonly users: readonly User[];
}

interface Inclusion extends Used {
  /** The same document, through other entries. */
  readonly others: readonly Used[];
  /** Whether no entry before it has the same object. */
  readonly isFirst: boolean;
  /** `HelmRepository`, its id, and the clusters if others have one, too. */
  readonly subject: string;
}

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
  const notes: Note[] = [];
  const changes = new Map(before.map(({ path, text: content }) => [path, content]));
  let repository = context.repository.with(changes);
  for (const inclusion of inclusionsIn(context, replaced)) {
    const { taken, subject } = inclusion;
    const note = (kind: Note["kind"], message: string): void => {
      notes.push({ kind, message: `${subject} ${message}`, position: taken.position });
    };
    if (!context.options.oci.remove.includes(inclusion.id)) {
      if (isSaidElsewhere(inclusion, repository)) continue;
      const [kind, message] = proposal(inclusion, context) ?? [];
      if (kind && message !== undefined) note(kind, message);
      continue;
    }
    const kept = whyKept(inclusion, context);
    const out = kept ?? removeFromBuild(taken, repository);
    const refused = typeof out === "string" ? out : whyNotSelected(out.changes.map(pathOf), context);
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

const pathOf = ({ path }: FileChange): string => path;

function inclusionsIn(context: StepContext, replaced: readonly WrittenObject[]): readonly Inclusion[] {
  const usersOf = usersAmong(replaced, context);
  const all = includedObjects(context, isHelmRepository).flatMap((taken) => {
    const [form] = taken.forms;
    return form ? [{ taken, id: idOf(form.object), users: usersOf(taken) }] : [];
  });
  const byDocument = Map.groupBy(all, ({ taken }) => `${taken.offset} ${taken.file}`);
  const byId = Map.groupBy(all, ({ id }) => id);
  return all.map((one) => {
    const { taken, id } = one;
    const others = (byDocument.get(`${taken.offset} ${taken.file}`) ?? []).filter((other) => other !== one);
    const isFirst = all.find((other) => other.id === id && (other === one || others.includes(other))) === one;
    return {
      ...one,
      others,
      isFirst,
      subject: `HelmRepository ${id}${inClusters(taken, byId.get(id) ?? [])}`,
    };
  });
}

/** Whether these clusters cannot do without a HelmRepository on their own, and something is said about it for the others. */
function isSaidElsewhere({ taken, id, others, isFirst }: Inclusion, repository: Repository): boolean {
  const canGo = (one: IncludedObject): boolean => typeof removeFromBuild(one, repository) !== "string";
  const same = others.filter((other) => other.id === id);
  if (same.length === 0 || canGo(taken)) return false;
  return !isFirst || same.some((one) => one.users.some(isStaying) || canGo(one.taken));
}

/** Names the clusters of an entry if others have a HelmRepository of this name through another one; starts with a space. */
function inClusters({ forms }: IncludedObject, all: readonly Used[]): string {
  const namesOf = (some: readonly Form[]): readonly string[] => [
    ...new Set(some.map(({ cluster }) => describeCluster(cluster))),
  ];
  const own = namesOf(forms);
  return namesOf(all.flatMap(({ taken }) => taken.forms)).length > own.length
    ? ` in ${own.join(" and ")}`
    : "";
}

/** What to say about a HelmRepository that the options do not list. */
function proposal(inclusion: Inclusion, context: StepContext): readonly [Note["kind"], string] | undefined {
  const { id, users, others } = inclusion;
  if (users.some(isStaying)) return undefined;
  const used = others
    .filter((other) => other.id === id)
    .flatMap((other) => other.users.filter(isStaying).map(({ cluster }) => describeCluster(cluster)));
  const elsewhere = used.length > 0 ? `, and stays in use in ${[...new Set(used)].join(" and ")}` : "";
  const doubts = users.length > 0 ? [] : doubtsAbout(inclusion, context);
  const next = `once every release is Ready without it, ${howToRemove(inclusion, doubts, context)}`;
  if (users.length > 0) return ["runbook", `loses its last user in this commit${elsewhere}: ${next}`];
  const reasons = doubts.map((doubt, index) => `, ${index === 0 ? "but" : "and"} ${doubt}`);
  return ["left", `is unused${elsewhere}${reasons.join("")}: ${next}`];
}

/** Options that would be refused are no advice. */
function howToRemove({ taken }: Inclusion, said: readonly string[], context: StepContext): string {
  const removal = removeFromBuild(taken, context.repository);
  const reason = whoMayUse(taken, context) ?? (typeof removal === "string" ? removal : undefined);
  if (reason === undefined) return `list it under oci.remove in ${OPTIONS_FILE}`;
  const keeps = said.includes(reason) ? "what may still be used" : `it, because ${reason}`;
  return `remove it by hand: oci.remove keeps ${keeps}`;
}

const isStaying = ({ moves }: User): boolean => !moves;

/** What may use a HelmRepository although no build shows it, each as the end of a sentence. */
function doubtsAbout({ taken, id, others }: Inclusion, context: StepContext): readonly string[] {
  const name = nameIn(taken);
  const twin = others.find((other) => other.id !== id && other.users.some(isStaying));
  return [
    twin && `HelmRepository ${twin.id} comes from the same document and stays in use`,
    mayBeNamedIn(name, context) ?? namedIn(name, context),
    whatCannotBeBuilt(taken),
    whatElseApplies(taken),
  ].filter((doubt) => doubt !== undefined);
}

/** Why a HelmRepository that the options list must stay. */
function whyKept({ taken, users }: Inclusion, context: StepContext): string | undefined {
  const user = users.find(isStaying) ?? users[0];
  if (user) return `${user.id} refers to it`;
  return whoMayUse(taken, context);
}

function whoMayUse(taken: IncludedObject, context: StepContext): string | undefined {
  return whatCannotBeBuilt(taken) ?? mayBeNamedIn(nameIn(taken), context);
}

const nameIn = ({ forms: [form] }: IncludedObject): string => (form ? nameOf(form.object).name : "");

function whatCannotBeBuilt({ forms }: IncludedObject): string | undefined {
  const problem = forms
    .flatMap(({ cluster }) => cluster.problems)
    .find(({ position }) => !isOfEdgefirst(position.file));
  return problem && `${problem.position.file} could not be built and may refer to it`;
}

/** A Kustomization on the same clusters that applies another repository; the end of a sentence. */
function whatElseApplies({ forms }: IncludedObject): string | undefined {
  for (const { cluster } of forms)
    for (const { object, isExternal } of cluster.kustomizations) {
      const { kind, name } = fieldsIn(object, ["spec", "sourceRef"]);
      const sources = objectsNamed(cluster, scalarText(kind), scalarText(name)).map((one) => one.object);
      if (!isExternal || sources.some(isFluxItself)) continue;
      return `Kustomization ${idOf(object)} applies another repository (${scalarText(name)}), which may refer to it`;
    }
  return undefined;
}

/** Whether a source has the manifests of Flux, which contain no release. */
const isFluxItself = (source: Mapping): boolean =>
  /\/fluxcd\/(?:flux2|flux-manifests)(?:\.git)?\/?$/.test(scalarText(fieldAt(source, ["spec", "url"])));
