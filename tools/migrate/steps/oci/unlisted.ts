import { isBuilt } from "../../built-files.ts";
import { entryFor, type NewFiles } from "../../new-files.ts";
import type { StepContext } from "../../step.ts";

/** Why a file cannot become part of what Flux applies: it is there already, as a draft, or a kustomization cannot list it. */
export function whyNotListed(
  path: string,
  kustomization: string | undefined,
  files: NewFiles,
  { repository, clusters }: StepContext,
): string | undefined {
  if (kustomization === undefined) return undefined;
  if (
    repository.isFile(path) &&
    !isBuilt(path, clusters) &&
    !files.isListed(kustomization, entryFor(path, kustomization))
  )
    return `its OCIRepository belongs into ${path}, which exists but is not listed in ${kustomization}: list it there, or rename or remove it`;
  return files.whyNotListed(kustomization, entryFor(path, kustomization));
}
