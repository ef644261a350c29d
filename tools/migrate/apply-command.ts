import type { BuiltCluster } from "../gitops/flux/built.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { isYamlFile } from "../gitops/yaml/paths.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import { overlayOf } from "./overlays.ts";

/**
 * The command that applies files, each with the overlay that includes it, if one does. kubectl takes files or one kustomization, and decrypts nothing.
 * Source: FilenameOptions in pkg/resource/builder.go of k8s.io/cli-runtime ("only one of -f or -k can be specified").
 * @param flag ends each call of kubectl; starts with a space
 */
export function applyCommand(
  files: readonly string[],
  repository: Repository,
  clusters: readonly BuiltCluster[],
  flag = "",
): string {
  const overlays = new Map<string, ReadonlySet<string>>();
  const loose = new Set<string>();
  for (const file of files) {
    const overlay = overlayOf(file, repository, clusters);
    if (overlay) overlays.set(overlay.directory, overlay.reads);
    else loose.add(file);
  }
  const sealed = [...overlays.values()].flatMap((reads) => sealedFiles(reads, repository));
  const commands = [...overlays].map(([directory, reads]) =>
    applyOverlay(directory, sealedFiles(reads, repository), flag),
  );
  if (loose.size > 0)
    commands.push(`kubectl apply ${[...loose].map((file) => `-f ${file}`).join(" ")}${flag}`);
  const without =
    sealed.length === 0
      ? ""
      : ` (without what SOPS has encrypted, because kubectl does not decrypt it: ${[...new Set(sealed)].join(", ")})`;
  return `${commands.join(" && ")}${without}`;
}

function applyOverlay(directory: string, sealed: readonly string[], flag: string): string {
  if (sealed.length === 0) return `kubectl apply -k ${directory}${flag}`;
  // A generator has no `sops` in what it makes of an encrypted file.
  const isGenerated = sealed.some((file) => !isYamlFile(file));
  const filter = isGenerated ? '.kind != "Secret" and (has("sops") | not)' : 'has("sops") | not';
  return `kubectl kustomize ${directory} | yq 'select(${filter})' | kubectl apply -f -${flag}`;
}

const SEALED_TEXT = /^sops_(?:mac|version)\s*=|"sops"\s*:\s*\{/m;

function sealedFiles(reads: ReadonlySet<string>, repository: Repository): readonly string[] {
  return [...reads].filter((file) => {
    if (!repository.isFile(file) || repository.isTooLarge(file)) return false;
    if (!isYamlFile(file)) return SEALED_TEXT.test(fileText(repository, file) ?? "");
    return repository.parse(file).documents.some(({ value }) => isMapping(value) && isMapping(value.sops));
  });
}
