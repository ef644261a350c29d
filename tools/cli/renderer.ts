import type { Repository } from "../gitops/yaml/repository.ts";
import type { RenderFlags } from "../render/settings.ts";
import type { Renderer } from "../render/renderer.ts";
import type { Progress } from "../toolchain/progress.ts";

/**
 * Opens a renderer; undefined unless the flags or the repository's `.edgefirst/render.yaml` ask for one.
 * @throws {EdgefirstError} if the settings are not valid, or Helm is not available
 */
export async function rendererFor(
  repository: Repository,
  { render, charts }: { readonly [Flag in keyof RenderFlags]: RenderFlags[Flag] | undefined },
  progress: Progress,
): Promise<Renderer | undefined> {
  const { wantsRendering } = await import("../render/settings.ts");
  const flags = { ...(render !== undefined && { render }), ...(charts !== undefined && { charts }) };
  if (!wantsRendering(repository, flags)) return undefined;
  const { openRenderer } = await import("../render/open.ts");
  return openRenderer(repository, flags, progress);
}
