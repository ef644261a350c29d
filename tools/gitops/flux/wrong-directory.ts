import { posix } from "node:path";
import { oncePer } from "../../../lib/once-per.ts";
import { locate, type Position } from "../yaml/source.ts";
import type { Repository } from "../yaml/repository.ts";
import { originOf } from "../yaml/values.ts";
import { pathOf, specOf } from "./flux-kustomization.ts";
import { pushedBy } from "./pushed-sources.ts";
import { hasVariables, type WrittenObject } from "./written.ts";
import { writtenKustomizations } from "./written-kustomizations.ts";

/** The directory to which the paths of a repository's Kustomizations are relative, if they are not relative to its top. */
export interface OtherTop {
  readonly directory: string;
  /** How many of the paths exist below it. */
  readonly found: number;
  readonly paths: number;
  /** The first Kustomization with such a path. */
  readonly position: Position;
}

/** Finds that directory; undefined if a path exists below the top, if a workflow pushes a directory for them, or if most of them exist below no directory above their files. */
export const otherTop = oncePer((repository: Repository): OtherTop | undefined => {
  const written = writtenKustomizations(repository);
  if (written.some(({ object }) => pushedBy(specOf(object).sourceRef, repository))) return undefined;
  const all = written.filter(({ object }) => {
    const path = pathOf(object);
    return path !== "." && !hasVariables(path);
  });
  if (all.some(({ object }) => repository.isDirectory(pathOf(object)))) return undefined;
  const tops = Map.groupBy(
    all.flatMap((one) => topsOf(one, repository).map((directory) => ({ directory, one }))),
    ({ directory }) => directory,
  );
  const [most] = [...tops].toSorted(([, one], [, other]) => other.length - one.length);
  const [directory, [first, ...others]] = most ?? ["", []];
  if (!first || 2 * (others.length + 1) <= all.length) return undefined;
  const position = locate(originOf(first.one.object));
  return { directory, found: others.length + 1, paths: all.length, position };
});

/** The directories above a Kustomization's file below which its path exists. */
function topsOf({ object, file }: WrittenObject, repository: Repository): readonly string[] {
  const steps = posix.dirname(file).split("/");
  return steps
    .map((_, index) => steps.slice(0, index + 1).join("/"))
    .filter((directory) => repository.isDirectory(posix.join(directory, pathOf(object))));
}
