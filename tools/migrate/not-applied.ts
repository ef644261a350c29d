import { posix } from "node:path";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { isFluxKustomization } from "../gitops/flux/flux-kustomization.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { findDocument, idOf } from "./objects.ts";
import { applyCommand } from "./apply-command.ts";
import { overlayWith } from "./overlays.ts";

/** Why nothing is proven about a new file that no Kustomization reads: what else applies it, as far as the repository shows, and what to do. */
export function notApplied(path: string, repository: Repository, clusters: readonly BuiltCluster[]): string {
  const start = `${path}: not proven, because no Kustomization reads this new file`;
  const root = rootNextTo(path, repository, clusters);
  const overlay = overlayWith(path, repository, clusters);
  if (root === undefined && overlay === undefined) return `${start}, so nothing applies it`;
  const what =
    root === undefined
      ? `, only overlay ${overlay ?? ""} does`
      : ` and none applies root ${root.id} (${root.file}) next to it`;
  const files = [path, ...(root ? [root.file] : [])];
  const command = applyCommand(files, repository, clusters);
  return `${start}${what}. If you apply ${root ? "that root" : "that"} by hand, add --accept-unproven, and run this after the commit: ${command}`;
}

/** A root, in a file in the same directory, that nothing in the repository applies. */
function rootNextTo(
  path: string,
  repository: Repository,
  clusters: readonly BuiltCluster[],
): { readonly id: string; readonly file: string } | undefined {
  for (const { object, kustomization, origin } of clusters.flatMap(({ objects }) => objects)) {
    const { file } = origin.source;
    if (kustomization || !isFluxKustomization(object) || posix.dirname(file) !== posix.dirname(path))
      continue;
    const written = repository.isFile(file) ? findDocument({ file, origin }, repository) : undefined;
    // The Flux Operator creates some roots: these are in no file.
    if (written && isFluxKustomization(written)) return { id: idOf(object), file };
  }
  return undefined;
}
