import { isIn, isYamlFile } from "../gitops/yaml/paths.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import { filesNamedIn } from "../gitops/kustomize/included-files.ts";
import { findKustomizationFile } from "../gitops/kustomize/kustomization-file.ts";

/** A kustomization, and the files and directories that its build reads. */
interface Built {
  readonly directory: string;
  readonly reads: ReadonlySet<string>;
}

/**
 * The command that applies or compares what a kustomization builds. `-k` builds only what is below each kustomization, renders no charts, and decrypts nothing.
 * Source: KustomizeVisitor in pkg/resource/visitor.go of k8s.io/cli-runtime, which takes the default options of Kustomize.
 * @param flag ends the call of kubectl; starts with a space
 */
export function overlayCommand(
  verb: "apply" | "diff",
  { directory, reads }: Built,
  repository: Repository,
  flag = "",
): string {
  const sealed = sealedFiles(reads, repository);
  const options = buildOptions(reads, repository);
  if (sealed.length === 0 && options === "") return `kubectl ${verb} -k ${directory}${flag}`;
  const parts = [`kubectl kustomize ${options}${directory}`];
  // A generator has no `sops` in what it makes of an encrypted file.
  const isGenerated = sealed.some((file) => !isYamlFile(file));
  const filter = isGenerated ? '.kind != "Secret" and (has("sops") | not)' : 'has("sops") | not';
  if (sealed.length > 0) parts.push(`yq 'select(${filter})'`);
  return [...parts, `kubectl ${verb} -f -${flag}`].join(" | ");
}

/** What `kubectl kustomize` needs to build what Flux builds; ends with a space, unless that is nothing. */
function buildOptions(reads: ReadonlySet<string>, repository: Repository): string {
  const kustomizations = [...reads].flatMap((directory) => {
    const file = repository.isDirectory(directory) ? findKustomizationFile(repository, directory) : undefined;
    const fields = file === undefined ? undefined : repository.parse(file).documents[0]?.value;
    return isMapping(fields) ? [{ directory, fields }] : [];
  });
  const isOutside = kustomizations.some(({ directory, fields }) =>
    filesNamedIn(repository, directory, fields).some((path) => !isIn(path, directory)),
  );
  const hasCharts = kustomizations.some(({ fields }) => fields.helmCharts !== undefined);
  return `${isOutside ? "--load-restrictor LoadRestrictionsNone " : ""}${hasCharts ? "--enable-helm " : ""}`;
}

const SEALED_TEXT = /^sops_(?:mac|version)\s*=|"sops"\s*:\s*\{/m;

/** The files among these that SOPS has encrypted. */
export function sealedFiles(reads: ReadonlySet<string>, repository: Repository): readonly string[] {
  return [...reads].filter((file) => {
    if (!repository.isFile(file) || repository.isTooLarge(file)) return false;
    if (!isYamlFile(file)) return SEALED_TEXT.test(fileText(repository, file) ?? "");
    return repository.parse(file).documents.some(({ value }) => isMapping(value) && isMapping(value.sops));
  });
}
