import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { userCache } from "../../../lib/user-cache.ts";
import { downloadBlob } from "./download.ts";
import { ARCHITECTURES, checkStaticExecutable } from "./elf.ts";
import { takeFile } from "./layer.ts";
import { knownDigest, recordDigest, type ProgramImage } from "./pins.ts";
import { endpointOf } from "./reference.ts";
import { RegistryClient, type Descriptor, type ManifestContent, type Platform } from "./registry-client.ts";

/** How to pull. */
export interface PullOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Called with the number of bytes received of a layer, and the layer's size. */
  readonly received: (bytes: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The path in the cache for an image's executable; undefined while the image's digest is unknown. */
export function pulledFile(name: string, image: ProgramImage, env: NodeJS.ProcessEnv): string | undefined {
  const digest = knownDigest(image);
  if (digest === undefined) return undefined;
  const folder = `${name}-image-${digest.slice("sha256:".length, "sha256:".length + 12)}`;
  return join(userCache(env), "toolchain", folder, name);
}

/**
 * Pulls only the layers of an image that are needed for its one executable, then extracts the executable, checks it and puts it into the cache.
 * @returns the executable's path
 * @throws EdgefirstError if the registry returns an error or is unreachable, or if anything does not match its digest, platform or type
 */
export async function pullProgram(name: string, image: ProgramImage, options: PullOptions): Promise<string> {
  const { env, signal } = options;
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  const known = knownDigest(image);
  const client = new RegistryClient(endpointOf(image.reference, known, env), signal);
  const { version } = endpointOf(image.reference, known, env);
  const top = await client.manifest(version);
  const manifest = await manifestFor(client, top.content, { os: "linux", architecture }, image.reference);
  const downloads = join(userCache(env), "toolchain", "downloads");
  const workspace = join(downloads, `${name}-${crypto.randomUUID()}`);
  try {
    await takeFromLayers(manifest.layers ?? [], image.path, workspace, { client, downloads, options });
    await checkStaticExecutable(workspace, architecture, `${image.path} in ${image.reference}`);
    if (known === undefined) recordDigest(image, top.digest);
    const target = pulledFile(name, image, env);
    if (target === undefined) throw new Error(`the digest of ${image.reference} was not recorded`);
    await mkdir(dirname(target), { recursive: true });
    await rename(workspace, target);
    return target;
  } finally {
    await rm(workspace, { force: true });
  }
}

/** The manifest for a platform: the one that an index lists, or a single image's, whose configuration names its platform. */
async function manifestFor(
  client: RegistryClient,
  content: ManifestContent,
  wanted: Platform,
  reference: string,
): Promise<ManifestContent> {
  const fits = (platform: Platform | undefined): boolean =>
    platform?.os === wanted.os && platform.architecture === wanted.architecture;
  const name = (platform: Platform | undefined): string =>
    `${platform?.os ?? "unknown"}/${platform?.architecture ?? "unknown"}`;
  if (content.manifests !== undefined) {
    const found = content.manifests.find(({ platform }) => fits(platform));
    if (found !== undefined) return (await client.manifest(found.digest)).content;
    const known = content.manifests.map(({ platform }) => name(platform)).join(", ");
    throw new EdgefirstError(`${reference} has no image for ${name(wanted)}${known === "" ? ": its index is empty" : `, only for ${known}`}.`);
  }
  if (content.config === undefined) throw new EdgefirstError(`${reference} is not a container image.`);
  const platform = await client.json<Platform>(content.config);
  if (fits(platform)) return content;
  throw new EdgefirstError(`${reference} has no image for ${name(wanted)}, only for ${name(platform)}.`);
}

/** Takes the file from the topmost layer that contains it. */
async function takeFromLayers(
  layers: readonly Descriptor[],
  path: string,
  target: string,
  context: { readonly client: RegistryClient; readonly downloads: string; readonly options: PullOptions },
): Promise<void> {
  const { client, downloads, options } = context;
  for (const layer of layers.toReversed()) {
    const file = join(downloads, layer.digest.replace(/\W/g, "-"));
    const received = (bytes: number): void => {
      options.received(bytes, layer.size);
    };
    await downloadBlob(client, layer, { file, received, signal: options.signal });
    try {
      const result = await takeFile({ file, mediaType: layer.mediaType }, path, target);
      if (result === "found") return;
      if (result === "removed") break;
    } finally {
      await rm(file, { force: true });
    }
  }
  throw new EdgefirstError(`The image does not contain the file ${path}.`);
}
