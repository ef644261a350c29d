import { text } from "../build/resource.ts";
import type { Repository } from "../documents/repository.ts";
import { textOf } from "../documents/text-of.ts";
import { isFields, type Fields } from "../documents/values.ts";
import { isFluxKustomization } from "./flux-kustomization.ts";

/** An object as it stands in a file. */
export interface WrittenObject {
  readonly object: Fields;
  readonly file: string;
}

/**
 * Every Flux Kustomization that is written in some files. Those in a hidden directory, such as an archive of apps that are no longer
 * deployed, only where there are no others.
 */
export function writtenKustomizations(
  repository: Repository,
  files: readonly string[],
): readonly WrittenObject[] {
  const all = written(repository, files, "kustomize.toolkit.fluxcd.io/", isFluxKustomization);
  const visible = all.filter(({ file }) => !/(?:^|\/)\.[^/]+\//.test(file));
  return visible.length > 0 ? visible : all;
}

/** Every object that is written in some files. */
export function objectsIn(repository: Repository, files: readonly string[]): readonly WrittenObject[] {
  return written(repository, files, "apiVersion", isFields);
}

/** Every source that is written in some files and says itself what is to be ignored. */
export function sourcesWithIgnore(
  repository: Repository,
  files: readonly string[],
): readonly WrittenObject[] {
  return written(
    repository,
    files.filter((file) => mentions(repository, file, "ignore")),
    SOURCES,
    isFields,
  ).filter(isSourceWithIgnore);
}

const SOURCES = "source.toolkit.fluxcd.io/";

/** Whether an object is a source that says itself what is to be ignored. */
export function isSourceWithIgnore({ object }: WrittenObject): boolean {
  return (
    text(object.apiVersion).startsWith(SOURCES) && isFields(object.spec) && object.spec.ignore !== undefined
  );
}

/** The cluster that a file belongs to: `kubernetes/<cluster>`, `clusters/<cluster>`, or the whole repository. */
export function clusterOf({ file }: Pick<WrittenObject, "file">): string {
  return /^(?:[^/]+\/)*?(?:kubernetes|clusters|k8s)\/[^/]+(?=\/)/.exec(file)?.[0] ?? ".";
}

/** Files that cannot hold such an object are not parsed. */
function written(
  repository: Repository,
  files: readonly string[],
  group: string,
  isWanted: (value: unknown) => value is Fields,
): readonly WrittenObject[] {
  return files
    .filter((file) => mentions(repository, file, group))
    .flatMap((file) =>
      repository
        .parse(file)
        .documents.flatMap(({ value }) => (isWanted(value) ? [{ object: value, file }] : [])),
    );
}

function mentions(repository: Repository, file: string, word: string): boolean {
  return !repository.isTooLarge(file) && (textOf(repository, file)?.includes(word) ?? false);
}
