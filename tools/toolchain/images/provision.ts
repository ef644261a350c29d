import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { arch, platform } from "node:process";
import { megabytes } from "../../../lib/bytes.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { explainFileErrors } from "../../../lib/file-error.ts";
import { withFileLock } from "../../../lib/file-lock.ts";
import { userCache } from "../../../lib/user-cache.ts";
import { isExecutable } from "../executable.ts";
import type { Progress } from "../progress.ts";
import { whyUnreachable } from "../reachable.ts";
import { ARCHITECTURES } from "./elf.ts";
import type { ProgramImage } from "./pins.ts";
import { pulledFile, pullProgram, type PullOptions } from "./pull.ts";
import { endpointOf } from "./reference.ts";

const MODE = "EDGEFIRST_TOOLCHAIN";

/**
 * Where programs come from: from images only, from builds only, or (undefined) from images if their registries can be reached, else from
 * builds.
 */
export type ToolchainMode = "images" | "build" | undefined;

/**
 * The value of EDGEFIRST_TOOLCHAIN.
 * @throws EdgefirstError for any other value
 */
export function toolchainMode(env: NodeJS.ProcessEnv): ToolchainMode {
  const value = env[MODE];
  if (value === undefined || value === "") return undefined;
  if (value === "images" || value === "build") return value;
  throw new EdgefirstError(`${MODE} is set to ${value}.`, "Set it to images or build, or unset it.");
}

/** A program with an image. */
export interface Pullable {
  readonly name: string;
  readonly image: ProgramImage;
}

/** Options for pulling programs. */
export interface ProvisionOptions {
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pulls programs from their images if the registries can be reached. Reports which programs have to be built instead.
 * @returns the path of each pulled program
 * @throws EdgefirstError in mode `images` if a program cannot be pulled
 */
export async function pullPrograms(
  programs: readonly Pullable[],
  options: ProvisionOptions,
): Promise<ReadonlyMap<string, string>> {
  const { progress, env, signal } = options;
  const mode = toolchainMode(env);
  const pulled = new Map<string, string>();
  if (mode === "build" || programs.length === 0) return pulled;
  if (platform !== "linux" || ARCHITECTURES[arch] === undefined) return pulled;
  const reachable = await withReachableRegistries(programs, mode, options);
  for (const [index, { name, image }] of reachable.entries()) {
    const what = `image ${index + 1} of ${reachable.length}: pulling ${name} from ${image.reference.split("@")[0] ?? ""}`;
    progress(what, "step");
    const received = (bytes: number, total: number): void => {
      progress(`${what}, ${megabytes(bytes, 0)} of ${megabytes(total, 0)}`, "tick");
    };
    try {
      pulled.set(name, await pullAlone(name, image, { env, received, signal }));
    } catch (error) {
      signal?.throwIfAborted();
      if (mode === "images" || !(error instanceof EdgefirstError)) throw error;
      progress(`${error.message.split("\n")[0] ?? ""} ${name} will be built from source instead.`);
    }
  }
  if (pulled.size > 0) progress(`pulled ${[...pulled.keys()].join(", ")}`);
  return pulled;
}

/** Pulls one image at a time on this machine, because images share layers, and two downloads of a layer would write to the same file. */
async function pullAlone(name: string, image: ProgramImage, options: PullOptions): Promise<string> {
  const cache = join(userCache(options.env), "toolchain");
  return explainFileErrors(`The cache ${cache}`, async () => {
    await mkdir(cache, { recursive: true });
    const lock = { onWait: () => undefined, signal: options.signal };
    return withFileLock(join(cache, "downloads.lock"), lock, async () => {
      const known = pulledFile(name, image, options.env);
      return known !== undefined && isExecutable(known) ? known : pullProgram(name, image, options);
    });
  });
}

/** Leaves out programs whose registry cannot be reached, and reports the registries once. */
async function withReachableRegistries(
  programs: readonly Pullable[],
  mode: ToolchainMode,
  { progress, env }: ProvisionOptions,
): Promise<readonly Pullable[]> {
  const hosts = new Map(
    programs.map(({ name, image }) => [name, endpointOf(image.reference, undefined, env).url]),
  );
  const reasons = new Map(
    await Promise.all(
      [...new Set(hosts.values())].map(async (url) => [url, await whyUnreachable(`${url}/v2/`)] as const),
    ),
  );
  const unreachable = [...reasons].flatMap(([url, reason]) =>
    reason === undefined ? [] : [`${new URL(url).host} (${reason})`],
  );
  if (unreachable.length > 0) {
    const message = `Image registries cannot be reached: ${unreachable.join(", ")}.`;
    if (mode === "images")
      throw new EdgefirstError(message, `Check the network, set a mirror (EDGEFIRST_REGISTRY_MIRROR), or unset ${MODE}.`);
    progress(`${message} Programs from these registries will be built from source instead.`);
  }
  return programs.filter(({ name }) => reasons.get(hosts.get(name) ?? "") === undefined);
}
