import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "../../lib/quiet-yaml.ts";
import { loadManifest } from "../../kube/manifest-source.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { pinnedDefinitions, type PinnedDefinitions } from "../toolchain/definitions.ts";
import { GoMissingError } from "../toolchain/go.ts";
import { moduleDirectory } from "../toolchain/modules.ts";

/**
 * The CRDs of a Flux controller, taken from its Go module or, without Go, downloaded and checked against their checksums.
 * @throws EdgefirstError if they cannot be downloaded
 */
export async function fluxDefinitions(
  controller: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<KubeObject[]> {
  try {
    const module = await moduleDirectory("flux", `github.com/fluxcd/${controller}`, { env });
    return await readAll(join(module, "config", "crd", "bases"));
  } catch (error) {
    if (!(error instanceof GoMissingError)) throw error;
    return downloadAll(pinnedDefinitions(controller));
  }
}

/** @param pinned its `baseUrl` may also be a local folder */
export async function downloadAll({ baseUrl, files }: PinnedDefinitions): Promise<KubeObject[]> {
  const manifests = files.map(({ name, sha256 }) => loadManifest({ source: `${baseUrl}/${name}`, sha256 }));
  return (await Promise.all(manifests)).flat();
}

async function readAll(folder: string): Promise<KubeObject[]> {
  const files = (await readdir(folder)).sort();
  return Promise.all(
    files.map(async (file) => parse(await readFile(join(folder, file), "utf8")) as KubeObject),
  );
}
