import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { searchedText } from "../yaml/file-text.ts";
import { yamlFilesIn } from "../yaml/yaml-files.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import { isFluxKustomization, pathOf } from "./flux-kustomization.ts";

/** An object as written in a file. */
export interface WrittenObject {
  readonly object: Mapping;
  readonly file: string;
  /** Set if the object is not in the file, but created because of the file: whatever applies the file does not apply this object. */
  readonly isBootstrap?: true;
  /** Set if the file is a patch, or an overlay's kustomization file, and the object is the template or base to which it gives a path. */
  readonly isPatched?: true;
  /** Set if the object exists only on the cluster: the Kustomization that applied it when the repository still contained it. */
  readonly applier?: Mapping;
}

/** The namespace of an object as it is written; empty if there is none. */
export const namespaceOf = ({ metadata }: Mapping): string =>
  isMapping(metadata) ? scalarText(metadata.namespace) : "";

const GROUP = "kustomize.toolkit.fluxcd.io/";

/** Every Flux Kustomization in a repository, patches of one included. */
export const fluxKustomizations = (repository: Repository): readonly WrittenObject[] =>
  written(repository, yamlFilesIn(repository), GROUP, isFluxKustomization);

/** The Flux Kustomizations in a repository that cannot be roots, because they contain variables. */
export function templatesIn(repository: Repository): readonly WrittenObject[] {
  return fluxKustomizations(repository).filter(({ file, object }) => !isArchived(file) && isTemplate(object));
}

/** Whether a Kustomization has variables in places where a root cannot have any, since nothing substitutes variables in a root. */
export function isTemplate({ metadata, spec }: Mapping): boolean {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  const { path } = isMapping(spec) ? spec : {};
  return [name, namespace, path].some((value) => hasVariables(scalarText(value)));
}

/** Whether Flux, a ResourceSet or another template would still have to fill in a text. */
export const hasVariables = (text: string): boolean =>
  /[$<>]|\{\{|\[\[|#\{|@@|%%|%[A-Z_]+%|__[A-Z]/.test(text);

/** A variable in a text. */
export const VARIABLE =
  /\$\{[^}]*\}|\$\w+|<+[^<>]*>+|\{\{.*?\}\}|\[\[.*?\]\]|#\{.*?\}#?|@@.*?@@|%%.*?%%|%[A-Z_]+%|__[A-Z][A-Z0-9_]*__/;

/** Directories of files to copy and fill in. */
const TEMPLATES = /(?:^|\/)(?:templates?|scaffold(?:s|ing)?|skeletons?|boilerplates?|cookiecutter[^/]*)\//i;
/** Whether a file is in a directory of templates. */
export const isInTemplates = (file: string): boolean => TEMPLATES.test(file);

const PLACEHOLDER = /(?:^|\/)(?:(?:change|replace|fill|edit)[-_]?(?:me|this)|your[-_])/i;
/** Source: NameIsDNSSubdomain in apimachinery's api/validation/generic.go. */
const NAME = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;

/** Whether a Kustomization is to be copied and filled in: it looks like that, and its directory does not exist. */
export function isBlank({ object, file }: WrittenObject, repository: Repository): boolean {
  const name = scalarText(isMapping(object.metadata) ? object.metadata.name : "");
  const path = pathOf(object);
  const isUnusual =
    isInTemplates(file) || !NAME.test(name) || [name, path].some((text) => PLACEHOLDER.test(text));
  return isUnusual && !repository.isDirectory(path);
}

/** The sources of a kind, and their URLs as they are written. */
export const sourcesIn = (
  repository: Repository,
  kind: "GitRepository" | "OCIRepository",
): readonly { readonly name: string; readonly url: string }[] =>
  documentsWith(repository, yamlFilesIn(repository), kind)
    .filter(({ object }) => object.kind === kind)
    .map(({ object: { metadata, spec } }) => ({
      name: scalarText(isMapping(metadata) ? metadata.name : undefined),
      url: scalarText(isMapping(spec) ? spec.url : undefined),
    }));

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
