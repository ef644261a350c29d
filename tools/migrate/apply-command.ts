import type { BuiltCluster } from "../gitops/flux/built.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { overlayCommand, sealedFiles } from "./overlay-command.ts";
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
    overlayCommand("apply", { directory, reads }, repository, flag),
  );
  if (loose.size > 0)
    commands.push(`kubectl apply ${[...loose].map((file) => `-f ${file}`).join(" ")}${flag}`);
  const without =
    sealed.length === 0
      ? ""
      : ` (without what SOPS has encrypted, because kubectl does not decrypt it: ${[...new Set(sealed)].join(", ")})`;
  return `${commands.join(" && ")}${without}`;
}
