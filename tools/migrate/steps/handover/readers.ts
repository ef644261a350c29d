import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isIn } from "../../../gitops/yaml/paths.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { idOf } from "../../objects.ts";
import { isBuilt } from "../../built-files.ts";
import { readersOfPaths, type PathReader } from "../../path-readers.ts";
import type { Note } from "../../step.ts";
import { described } from "./objects.ts";

/**
 * The lines of programs that take the objects from their files, or from a directory: what creates a new cluster, or tests the repository. Without the root,
 * `flux-local` and `flate` go on with the other Kustomizations at the path, and find nothing wrong. They also follow Kustomizations to the directories of others.
 * Source: kustomization_traversal in flux_local/git_repo.py of allenporter/flux-local.
 * @param when when the objects leave their files
 */
export function readersOfObjects(
  cluster: BuiltCluster,
  objects: readonly BuiltObject[],
  repository: Repository,
  when: "now" | "later",
): readonly Note[] {
  const phase = when === "now" ? "this phase" : "the phase remove";
  const change = when === "now" ? "change it in the same commit" : "change it in the commit of that phase";
  const [files, leading] = [filesOf(objects), filesOf(leadingTo(objects, cluster))];
  const readers = readersOfPaths(repository, [...new Set([...files, ...leading])], { directories: true });
  const clusters = [cluster];
  return readers.flatMap(({ path, use, position }): readonly Note[] => {
    if (isBuilt(position.file, clusters)) return [];
    const isAt = ({ origin: { source } }: BuiltObject): boolean =>
      source.file === path || isIn(source.file, path);
    // A command that starts here follows the Kustomizations to all objects.
    const own = use === "starts" ? objects : objects.filter(isAt);
    if (own.length === 0) return [];
    const names = own.map(({ object }) => described(object)).join(", ");
    const isDeleted =
      own.every(isAt) && repository.isFile(path) && repository.parse(path).documents.length === own.length;
    const what = own.every(isAt)
      ? `where ${phase} removes ${names}`
      : `from where Kustomizations lead to what ${phase} removes: ${names}`;
    const message = isDeleted
      ? `this line names ${path}, which ${phase} deletes with ${names}. ${DELETED[use]}; ${change}`
      : `this line names ${path}, ${what}. ${REDUCED[use](own)}; ${change}`;
    return [{ kind: "runbook", message, position }];
  });
}

const filesOf = (objects: readonly BuiltObject[]): readonly string[] => [
  ...new Set(objects.map(({ origin }) => origin.source.file)),
];

/** The Kustomizations that apply the objects, and those that apply these. */
function leadingTo(objects: readonly BuiltObject[], cluster: BuiltCluster): readonly BuiltObject[] {
  const found = new Set<BuiltObject>();
  const open = [...objects];
  for (let next = open.pop(); next; next = open.pop()) {
    const { kustomization } = next;
    const above = cluster.objects.find(
      ({ object }) =>
        kustomization && isFluxKustomization(object) && idOf(object) === idOf(kustomization.object),
    );
    if (!above || found.has(above)) continue;
    found.add(above);
    open.push(above);
  }
  return [...found];
}

const NEW_CLUSTER = "a new cluster gets them from the stack: run `pulumi up` there, too";

/** What a line does once a part of what it names is gone. */
const REDUCED: Readonly<Record<PathReader["use"], (own: readonly BuiltObject[]) => string>> = {
  applies: () => `It then applies only the rest, and ${NEW_CLUSTER}`,
  builds: () => "It then builds only the rest",
  starts: (own) => `It then sees only the rest${checksNothing(own)}`,
  reads: (own) =>
    `If it creates a cluster, ${NEW_CLUSTER}; if it builds or tests what is there, it then sees only the rest${checksNothing(own)}`,
};

/** What a line does once the file that it names is gone. */
const DELETED: Readonly<Record<PathReader["use"], string>> = {
  applies: `It then fails, and ${NEW_CLUSTER}`,
  builds: "It then fails: let it read them from the cluster, or write a copy first",
  starts: "It then fails: let it read them from the cluster, or write a copy first",
  reads: `It then finds nothing there. If it creates a cluster, ${NEW_CLUSTER}`,
};

/** What a check misses without a Kustomization, and where else it can start. */
function checksNothing(own: readonly BuiltObject[]): string {
  const root = own.find(({ object }) => isFluxKustomization(object));
  if (!root) return "";
  const path = scalarText(specOf(root.object).path).replace(/^\.\/(?=.)/, "");
  return `, so that a check may pass without the apps: let it start at ${path}, which ${described(root.object)} builds, or write a copy of the objects first if the apps need its patches`;
}
