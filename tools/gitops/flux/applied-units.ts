import { posix } from "node:path";
import { oncePer, oncePerText } from "../../../lib/once-per.ts";
import { includersOf, outermost } from "../kustomize/includers.ts";
import {
  findKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from "../kustomize/kustomization-file.ts";
import { kustomizeBuild } from "../kustomize/kustomize.ts";
import { attempt } from "../problem.ts";
import { isIn } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { startOf } from "../yaml/source.ts";
import type { Resource } from "../kustomize/resource.ts";
import { fileWithSpec, pathOf } from "./flux-kustomization.ts";
import type { WrittenObject } from "./written.ts";

/** What applies a file together with others: a Flux Kustomization, or a kustomization that no other includes and that a person applies. */
export interface Unit {
  /** Undefined for a kustomization that no Flux Kustomization builds itself. */
  readonly applier: WrittenObject | undefined;
  /** The directory that is built. */
  readonly directory: string;
}

/** Whether a Flux Kustomization builds a file, itself or through the kustomizations that include it. */
export function builds(
  { object }: WrittenObject,
  file: string,
  includers: ReadonlySet<string>,
  repository: Repository,
): boolean {
  const path = pathOf(object);
  if (includers.has(path)) return true;
  if (!repository.isDirectory(path) || findKustomizationFile(repository, path) !== undefined) return false;
  // kustomize-controller lists every file and every kustomization below the directory.
  return isIn(file, path) || [...includers].some((directory) => isIn(directory, path));
}

/** The units that apply a file, Flux's own first. */
export function unitsWith(
  file: string,
  written: readonly WrittenObject[],
  repository: Repository,
): readonly Unit[] {
  const includers = includersOf(file, repository);
  const appliers = written.filter((one) => builds(one, file, includers, repository));
  const byFlux = new Set(appliers.map(({ object }) => pathOf(object)));
  return [
    ...appliers.map((applier) => ({ applier, directory: pathOf(applier.object) })),
    ...outermost(includers, repository)
      .filter((directory) => !byFlux.has(directory))
      .map((directory) => ({ applier: undefined, directory })),
  ];
}

/** What a unit builds, as far as it can be built: its errors are reported when the clusters are built. */
export const objectsOf = ({ applier, directory }: Unit, repository: Repository): readonly Resource[] =>
  applier
    ? built(() => fileWithSpec(applier.object, repository), repository)
    : builtByHand(repository)(directory);

/** What the kustomization in a directory builds: each Kustomization in it asks. */
const builtByHand = oncePer((repository: Repository) =>
  oncePerText((directory) => {
    const place = startOf(posix.join(directory, "kustomization.yaml"));
    return built(() => readKustomizationFile(repository, directory, place), repository);
  }),
);

function built(read: () => KustomizationFile, repository: Repository): readonly Resource[] {
  const ignore = (): undefined => undefined;
  const build = (): readonly Resource[] => {
    const file = read();
    if (file.kind === "Component") return [];
    return kustomizeBuild(file, repository, { onError: ignore, partial: true });
  };
  return attempt(build) ?? [];
}
