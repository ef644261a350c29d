import { oncePer } from "../../../lib/once-per.ts";
import { patchFilesIn } from "../kustomize/included-files.ts";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { searchedText } from "../yaml/file-text.ts";
import { copyMapping, entryOrigin, isMapping, setField, type Mapping } from "../yaml/values.ts";
import { isFluxKustomization } from "./flux-kustomization.ts";

/** An object as written in a file. */
export interface WrittenObject {
  readonly object: Mapping;
  readonly file: string;
  /** Set if the object is not in the file, but created because of the file: whatever applies the file does not apply this object. */
  readonly isBootstrap?: true;
  /** Set if the file is a patch, and the object is the template to which it gives a path. */
  readonly isPatched?: true;
}

/** Every Flux Kustomization in the given files, without patches of one. Archived Kustomizations and templates count only if there are no others. */
export function writtenKustomizations(
  repository: Repository,
  files: readonly string[],
): readonly WrittenObject[] {
  return kustomizationsOf(repository)(files);
}

const kustomizationsOf = oncePer((repository: Repository) =>
  oncePer((files: readonly string[]) => findKustomizations(repository, files)),
);

function findKustomizations(repository: Repository, files: readonly string[]): readonly WrittenObject[] {
  const documents = written(repository, files, GROUP, isFluxKustomization);
  const patches = patchFilesIn(repository);
  const all = documents
    .filter(
      ({ file, object }) => (isMapping(object.spec) && object.spec.path !== undefined) || !patches.has(file),
    )
    .map((one) => (patches.has(one.file) ? withTemplate(one, documents) : one));
  const live = all.filter(({ file, object }) => !isArchived(file) && !isTemplate(object));
  return live.length > 0 ? live : all;
}

/** A patch that gives a template its path, with the other fields of the template's spec. */
function withTemplate(patch: WrittenObject, documents: readonly WrittenObject[]): WrittenObject {
  const { object, file } = patch;
  const [template, ...others] = documents.filter(
    (one) => isTemplate(one.object) && one.file !== file && isSame(one.object, object),
  );
  if (!isMapping(object.spec) || !isMapping(template?.object.spec) || others.length > 0) return patch;
  const base = template.object.spec;
  const spec = copyMapping(object.spec);
  for (const field of Object.keys(base))
    if (spec[field] === undefined) setField(spec, field, base[field] ?? null, entryOrigin(base, field));
  const merged = copyMapping(object);
  setField(merged, "spec", spec, entryOrigin(object, "spec"));
  return { object: merged, file, isPatched: true };
}

function isSame(one: Mapping, other: Mapping): boolean {
  const [a, b] = [one.metadata, other.metadata];
  return isMapping(a) && isMapping(b) && a.name === b.name && a.namespace === b.namespace;
}

const GROUP = "kustomize.toolkit.fluxcd.io/";

/** The Flux Kustomizations in the given files that cannot be roots, because they contain variables. */
export function templatesIn(repository: Repository, files: readonly string[]): readonly WrittenObject[] {
  return written(repository, files, GROUP, isFluxKustomization).filter(
    ({ file, object }) => !isArchived(file) && isTemplate(object),
  );
}

/** Whether a Kustomization has variables in places where a root cannot have any, since nothing substitutes variables in a root. */
export function isTemplate({ metadata, spec }: Mapping): boolean {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  const { path } = isMapping(spec) ? spec : {};
  return [name, namespace, path].some((value) => hasVariables(scalarText(value)));
}

/** Whether Flux, a ResourceSet or another template would still have to fill in a text. */
export const hasVariables = (text: string): boolean => /[$<>]|\{\{|@@|%%|__[A-Z]/.test(text);

/** A variable in a text. */
export const VARIABLE = /\$\{[^}]*\}|\$\w+|<+[^<>]*>+|\{\{.*?\}\}|@@.*?@@|%%.*?%%|__[A-Z][A-Z0-9_]*__/;

/** Matches paths in an archive or in a hidden directory. */
const ARCHIVE = /(?:^|\/)(?:[._][^/]*|archived?)\//;

/** Whether a file is in an archive or in a hidden directory. */
export const isArchived = (file: string): boolean => ARCHIVE.test(file);

/** Every object in the given files. */
export function objectsIn(repository: Repository, files: readonly string[]): readonly WrittenObject[] {
  return written(repository, files, "apiVersion", isMapping);
}

/** Every mapping in the files whose text contains a word. */
export function documentsWith(
  repository: Repository,
  files: readonly string[],
  word: string,
): readonly WrittenObject[] {
  return written(repository, files, word, isMapping);
}

/** Every source with `spec.ignore` in the given files. */
export function sourcesWithIgnore(
  repository: Repository,
  files: readonly string[],
): readonly WrittenObject[] {
  return written(
    repository,
    files.filter((file) => mentions(repository, file, "ignore")),
    SOURCES,
    isMapping,
  ).filter(isSourceWithIgnore);
}

const SOURCES = "source.toolkit.fluxcd.io/";

/** Whether an object is a source that has `spec.ignore`. */
export function isSourceWithIgnore({ object }: WrittenObject): boolean {
  return (
    scalarText(object.apiVersion).startsWith(SOURCES) &&
    isMapping(object.spec) &&
    object.spec.ignore !== undefined
  );
}

/** The cluster of a file: `kubernetes/<cluster>`, `clusters/<cluster>`, `kubernetes/clusters/<cluster>`, or `.` for the whole repository. */
export function clusterOf({ file }: Pick<WrittenObject, "file">): string {
  return /^(?:[^/]+\/)*?(?:kubernetes|clusters|k8s)\/(?:clusters\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? ".";
}

/** Whether a path is a directory or below it. */
export const isIn = (path: string, directory: string): boolean =>
  directory === "." || path === directory || path.startsWith(`${directory}/`);

/** Files that do not mention the group are not parsed. */
function written(
  repository: Repository,
  files: readonly string[],
  group: string,
  isWanted: (value: unknown) => value is Mapping,
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
  return searchedText(repository, file).includes(word);
}
