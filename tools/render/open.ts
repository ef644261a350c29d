import { existsSync } from "node:fs";
import { join } from "node:path";
import { satisfies } from "semver";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { executablesOnPath, givenExecutable } from "../toolchain/executable.ts";
import type { Progress } from "../toolchain/progress.ts";
import { installedVersion } from "../toolchain/version.ts";
import { chartFetcher } from "./charts/fetch.ts";
import { Renderer } from "./renderer.ts";
import { settingsFor, type RenderFlags } from "./settings.ts";

/**
 * Opens a renderer with the repository's settings and the flags.
 * @throws EdgefirstError if the settings are not valid, or Helm is not available
 */
export async function openRenderer(
  repository: Repository,
  flags: RenderFlags,
  progress: Progress,
): Promise<Renderer> {
  const settings = settingsFor(repository, flags);
  return Renderer.open({ helm: await findHelm(progress), settings, fetch: chartFetcher(process.env) });
}

const SUPPORTED = ">=3.18.0 <5";

/** How Helm reports its version. */
const VERSION = {
  args: ["version", "--template", "{{.Version}}"],
  pattern: /^v(\S+)/m,
  range: () => SUPPORTED,
};

/**
 * Finds Helm: in EDGEFIRST_HELM, then on PATH; in a clone of edgefirst also in the cache, where it is built once from its Go module.
 * @throws EdgefirstError if there is none
 */
async function findHelm(progress: Progress): Promise<{ readonly path: string; readonly version: string }> {
  // The packed command has neither Go modules nor the files that list the programs.
  if (existsSync(join(import.meta.dirname, "../toolchain/helm/go.mod"))) {
    const { resolveProgram } = await import("../toolchain/resolve.ts");
    return resolveProgram("helm", { progress });
  }
  const given = givenExecutable("helm", "EDGEFIRST_HELM", process.env);
  for (const path of given === undefined ? executablesOnPath("helm", process.env) : [given]) {
    const version = await installedVersion({ installed: VERSION }, path, process.env);
    if (version !== undefined && satisfies(version, SUPPORTED)) return { path, version };
  }
  throw new EdgefirstError(
    "Rendering HelmReleases needs Helm 3.18 or later, and PATH has no such helm.",
    "Install Helm (https://helm.sh/docs/intro/install), or use --no-render.",
  );
}
