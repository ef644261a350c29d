import { oncePer } from "../../../../lib/once-per.ts";
import { unknownPathTo } from "../../../gitops/flux/unknown-paths.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { yamlFilesIn } from "../../../gitops/yaml/yaml-files.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { isBuilt } from "../../built-files.ts";
import type { StepContext } from "../../step.ts";
import { sourceRefOf } from "./users.ts";

/** A file that names a HelmRepository without being the file of one of its users. */
interface Naming {
  readonly file: string;
  /** Whether it only does so in comments. */
  readonly isComment: boolean;
}

/**
 * A file that names a HelmRepository, as the end of a sentence about it, although no built release or chart refers to it.
 * @returns undefined if there is none
 */
export function namedIn(name: string, { repository, clusters }: StepContext): string | undefined {
  const files = (filesNaming(repository).get(name) ?? []).filter(
    ({ file }) => !filesOfUsers(clusters).get(name)?.has(file),
  );
  const [unread] = files.filter(({ file, isComment }) => !isComment && !isBuilt(file, clusters));
  if (unread) return `${unread.file}, which Flux does not read, names it`;
  const [read] = files.filter(({ isComment }) => !isComment);
  if (read) return `${read.file} names it`;
  return files[0] && `${files[0].file} names it in a comment`;
}

/** A file with a user that Flux may read by a path that the repository leaves open; the end of a sentence. */
export function mayBeNamedIn(name: string, { repository, clusters }: StepContext): string | undefined {
  for (const { file, isComment } of filesNaming(repository).get(name) ?? []) {
    if (isComment || isBuilt(file, clusters)) continue;
    const unknown = unknownPathTo(file, clusters, repository);
    if (unknown)
      return `${file} names it, and whether Flux reads that file is not known: the path ${unknown.path} in ${unknown.file} contains a variable that this repository does not define`;
  }
  return undefined;
}

/** The `sourceRef` of a release or a chart, which may be commented out. */
const REFERENCE =
  /^(?<one>[\s#]*)kind: HelmRepository\r?\n[\s#]*name: ["']?(?<after>[\w.-]+)|^(?<two>[\s#]*)name: ["']?(?<before>[\w.-]+)["']?\r?\n[\s#]*kind: HelmRepository\b/gm;

/** For the name of each HelmRepository, the files that refer to it, whether or not Flux reads them. */
const filesNaming = oncePer((repository: Repository): ReadonlyMap<string, readonly Naming[]> => {
  const files = new Map<string, Map<string, boolean>>();
  for (const file of yamlFilesIn(repository))
    for (const { groups = {} } of (fileText(repository, file) ?? "").matchAll(REFERENCE)) {
      const { one = "", two = "", after, before = "" } = groups;
      const own = files.get(after ?? before) ?? new Map<string, boolean>();
      files.set(after ?? before, own);
      own.set(file, isCommented(`${one}${two}`) && own.get(file) !== false);
    }
  return new Map(
    [...files].map(([name, own]) => [name, [...own].map(([file, isComment]) => ({ file, isComment }))]),
  );
});

/** Whether the last line of this text is a comment: the one before it may be a comment about a reference that counts. */
const isCommented = (text: string): boolean => text.split("\n").at(-1)?.includes("#") === true;

/** The files of the objects that refer to a HelmRepository of each name: one of these may be in another namespace. */
const filesOfUsers = oncePer(
  (clusters: readonly BuiltCluster[]): ReadonlyMap<string, ReadonlySet<string>> => {
    const users = clusters.flatMap(({ objects }) =>
      objects.flatMap(({ object, origin }) => {
        const reference = sourceRefOf(object);
        return reference ? [{ name: scalarText(reference.name), file: origin.source.file }] : [];
      }),
    );
    return new Map(
      [...Map.groupBy(users, ({ name }) => name)].map(([name, own]) => [
        name,
        new Set(own.map(({ file }) => file)),
      ]),
    );
  },
);
