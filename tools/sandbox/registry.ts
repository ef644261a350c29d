import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { parse } from "../../lib/quiet-yaml.ts";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { EdgefirstError, messageOf } from "../../lib/errors.ts";
import { resolveProgram } from "../toolchain/resolve.ts";
import type { Progress } from "../toolchain/progress.ts";
import { isListening } from "./ports.ts";
import { writeImageLayout } from "./image-layout.ts";
import { inSandboxDir } from "./sandbox-dir.ts";
import { ensureService } from "./service.ts";
import { tarDirectory } from "./tar.ts";

/** An OCI registry on this machine, with plain HTTP and no authentication. */
export interface Registry {
  /** `127.0.0.1:<port>`, the host part of an image's address. */
  readonly address: string;
  /** Path of crane, which pushes to the registry. */
  readonly crane: string;
}

/** Options of {@link startRegistry}. */
export interface RegistryOptions {
  /** The sandbox's folder, which holds the registry's process record and its images. */
  readonly dir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

const START_TIMEOUT_MS = 20_000;
const PUSH_TIMEOUT_MS = 60_000;

/**
 * Starts a sandbox's registry unless it is running. After a restart, the registry has the same port but no tags, so everything must be pushed again.
 * @throws EdgefirstError if it is not ready in time.
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const dir = resolve(options.dir);
  const { path: crane } = await resolveProgram("crane", options);
  const { registry: port } = await inSandboxDir(dir, options, async () => {
    await mkdir(join(dir, "registry"), { recursive: true });
    return ensureService(
      dir,
      {
        name: "registry",
        ports: ["registry"],
        command: crane,
        args: (ports) => [
          "registry",
          "serve",
          `--address=127.0.0.1:${ports.registry}`,
          `--disk=${join(dir, "registry")}`,
        ],
        ready: (ports) => isListening(ports.registry),
        timeoutMs: START_TIMEOUT_MS,
      },
      options.signal,
    );
  });
  return { address: `127.0.0.1:${port}`, crane };
}

/**
 * Pushes the files in a directory as an artifact for a Flux OCIRepository. The same files give the same digest.
 * @returns the artifact's address, `oci://<registry>/<repository>`. @throws EdgefirstError with crane's message if the push fails.
 */
export function pushDirectory(
  registry: Registry,
  repository: string,
  tag: string,
  directory: string,
): Promise<string> {
  return push(registry, `${repository}:${tag}`, directory, async (temporary) => {
    const layer = join(temporary, "layer.tar.gz");
    await writeFile(layer, gzipSync(await tarDirectory(resolve(directory))));
    return ["append", "--insecure", "-f", layer, "-t"];
  });
}

/**
 * Pushes a Helm chart as `helm push` does, with its version as the tag:
 * https://helm.sh/docs/topics/registries/#oci-feature-deprecation-and-behavior-changes-with-v370
 * @param directory the chart's directory; its name must be the chart's name
 * @returns the chart's address, `oci://<registry>/<repository>`. @throws EdgefirstError with crane's message if the push fails.
 */
export async function pushChart(registry: Registry, repository: string, directory: string): Promise<string> {
  const chart = parse(await readFile(join(directory, "Chart.yaml"), "utf8")) as {
    version: string;
  };
  return push(registry, `${repository}:${chart.version}`, directory, async (temporary) => {
    const archive = gzipSync(await tarDirectory(resolve(directory), `${basename(directory)}/`));
    await writeImageLayout(temporary, {
      config: {
        mediaType: "application/vnd.cncf.helm.config.v1+json",
        content: Buffer.from(JSON.stringify(chart)),
      },
      layer: { mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", content: archive },
    });
    return ["push", "--insecure", temporary];
  });
}

async function push(
  registry: Registry,
  reference: string,
  directory: string,
  prepare: (temporary: string) => Promise<string[]>,
): Promise<string> {
  const temporary = temporaryFolder("push");
  try {
    const args = [...(await prepare(temporary)), `${registry.address}/${reference}`];
    await promisify(execFile)(registry.crane, args, { timeout: PUSH_TIMEOUT_MS });
  } catch (cause) {
    throw new EdgefirstError(
      `${directory} could not be pushed to the sandbox's registry: ${messageOf(cause)}`,
      "Check that the sandbox is up: edgefirst sandbox status",
      { cause },
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return `oci://${registry.address}/${reference.slice(0, reference.lastIndexOf(":"))}`;
}
