import { posix } from "node:path";
import { firstOf } from "../../lib/counted.ts";
import { oncePer } from "../../lib/once-per.ts";
import { CLUSTERS_FILE } from "../gitops/flux/owner-clusters.ts";
import { differences } from "../gitops/flux/differences.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { kustomizationCluster, topsOf } from "../gitops/flux/plain-clusters.ts";
import { openPaths } from "../gitops/flux/unknown-paths.ts";
import { isArchived } from "../gitops/flux/written.ts";
import { findKustomizationFile } from "../gitops/kustomize/kustomization-file.ts";
import { isKustomizationFile } from "../gitops/yaml/paths.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { originKey } from "../gitops/yaml/source.ts";
import { overlayCommand } from "./overlay-command.ts";
import { problemFailure } from "./failure.ts";
import { yamlFilesIn } from "../gitops/yaml/yaml-files.ts";
import type { Failure, Note } from "./step.ts";

/** How many changed objects of an overlay are named. */
const NAMED = 3;

/** A kustomization that no Flux Kustomization reads and no other kustomization includes: whatever it builds is applied by hand, or not at all. */
export interface Overlay {
  readonly directory: string;
  /** Files and directories that its build reads. */
  readonly reads: ReadonlySet<string>;
}

/** The overlays in a repository, given what its clusters receive; none without Flux, where each of them is a cluster. */
const overlaysBy = oncePer((clusters: readonly BuiltCluster[]) =>
  oncePer((repository: Repository): readonly Overlay[] => {
    const kustomizations = clusters.flatMap((cluster) => cluster.kustomizations);
    if (kustomizations.length === 0) return [];
    const read = new Set(kustomizations.flatMap((kustomization) => [...kustomization.filesRead()]));
    const directories = yamlFilesIn(repository)
      .filter((file) => isKustomizationFile(file) && !isArchived(file))
      .map((file) => posix.dirname(file))
      .filter((directory) => !read.has(directory));
    const { roots, reached } = topsOf(repository, directories);
    return roots.map((directory) => ({ directory, reads: reached.get(directory) ?? new Set() }));
  }),
);

/** The overlay that includes a file. */
export const overlayOf = (
  file: string,
  repository: Repository,
  clusters: readonly BuiltCluster[],
): Overlay | undefined => overlaysBy(clusters)(repository).find((overlay) => includes(overlay, file));

/** The directory of the overlay that includes a file; undefined if none does. */
export const overlayWith = (...args: Parameters<typeof overlayOf>): string | undefined =>
  overlayOf(...args)?.directory;

const includes = ({ reads }: Overlay, file: string): boolean =>
  reads.has(file) || (isKustomizationFile(file) && reads.has(posix.dirname(file)));

/** A state of a repository, and what its clusters receive from it. */
interface State {
  readonly repository: Repository;
  readonly clusters: readonly BuiltCluster[];
}

/**
 * What an overlay that no Flux Kustomization applies loses or gains by a step: no proof covers it, and the step knows nothing of its cluster. If a path with
 * variables may lead to it, Flux may well apply it, so a step that must change no object has a gap in its proof.
 */
export function overlayChanges(
  before: State,
  after: Repository,
  changed: readonly string[],
  mayChangeNothing: boolean,
): {
  readonly notes: readonly Note[];
  readonly failures: readonly Failure[];
  readonly gaps: readonly string[];
} {
  if (changed.length === 0) return { notes: [], failures: [], gaps: [] };
  const touched = overlaysBy(before.clusters)(before.repository)
    .filter((overlay) => changed.some((file) => includes(overlay, file)))
    // One that the step removes is among its own notes.
    .filter(({ directory }) => findKustomizationFile(after, directory) !== undefined);
  const found = touched.map((overlay) => {
    const own = changed.filter((file) => includes(overlay, file));
    return { overlay, own, ...changesOf(overlay, own, before, after) };
  });
  const open = mayChangeNothing && found.length > 0 ? openPaths(before.clusters, before.repository) : [];
  return {
    notes: found.flatMap(({ note }) => note ?? []),
    failures: found.flatMap(({ failures }) => failures),
    gaps: found.flatMap(({ overlay: { directory }, own, note }) => {
      const applier = open.find(({ directories }) => directories.includes(directory));
      if (applier === undefined || note === undefined) return [];
      return own.map(
        (file) =>
          `${file}: not proven, because Kustomization ${applier.id} (${applier.file}), whose path ${applier.path} has variables that this repository does not define, may build ${directory}, where objects change`,
      );
    }),
  };
}

/** @param changed the changed files that the overlay includes */
function changesOf(
  overlay: Overlay,
  changed: readonly string[],
  { repository, clusters }: State,
  after: Repository,
): { readonly note?: Note; readonly failures: readonly Failure[] } {
  const { directory } = overlay;
  const [old, now] = [repository, after].map((state) => kustomizationCluster(state, directory, false));
  if (!old || !now || old.problems.length > 0) return { failures: [] };
  const failures = now.problems.map((problem) => {
    const failure = problemFailure(problem, changed, repository, after);
    const isTraced = failure.files.some((file) => changed.includes(file));
    return isTraced ? failure : { ...failure, files: [...failure.files, ...changed] };
  });
  if (failures.length > 0) return { failures };
  const roots = rootsOf(clusters);
  const objects = differences([old], [now])
    .filter((one) => ![one.before, one.after].some((built) => built && roots.has(originKey(built.origin))))
    .map(({ object, before, after: later }) => `${object}${suffix(before, later)}`);
  if (objects.length === 0) return { failures: [] };
  const file = findKustomizationFile(after, directory) ?? directory;
  const command = overlayCommand("diff", overlay, after);
  return {
    failures: [],
    note: {
      kind: "runbook",
      message: `no Flux Kustomization applies this overlay, so no proof covers it, and what it builds changes (${firstOf(objects, NAMED)}): if you apply it by hand, run \`${command}\` first; if Flux applies it, name its directory in ${CLUSTERS_FILE}`,
      position: { file, line: 1, column: 1 },
    },
  };
}

/** The places of the objects that no Kustomization applies: the builds of the clusters compare these. */
const rootsOf = oncePer(
  (clusters: readonly BuiltCluster[]): ReadonlySet<string> =>
    new Set(
      clusters
        .flatMap(({ objects }) => objects)
        .flatMap(({ kustomization, origin }) => (kustomization ? [] : originKey(origin))),
    ),
);

function suffix(before: unknown, after: unknown): string {
  if (before === undefined) return " added";
  return after === undefined ? " removed" : " changed";
}
