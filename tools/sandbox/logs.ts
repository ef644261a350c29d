import { existsSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { readClusters } from "./cluster-state.ts";

/** Which log. */
export interface LogsOptions {
  /** The sandbox's folder. */
  readonly dir: string;
  /** Name of the pod, or the beginning of it; with or without `namespace/` before. */
  readonly pod: string;
  /** Needed where the pod has several. */
  readonly container?: string | undefined;
  /** Needed where pods of several clusters fit. */
  readonly cluster?: string | undefined;
  /** Go on with what is printed from now on, over restarts, until {@link signal}. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const POLL_MS = 200;

/**
 * What a container of a pod that runs for real has printed since its last start.
 * @throws EdgefirstError if no pod or container fits, or several do.
 */
export async function* podLogs(options: LogsOptions): AsyncGenerator<Buffer> {
  const folder = containerFolder(options);
  let path = newest(folder);
  let at = 0;
  for (;;) {
    const { chunk, end } = await readFrom(path, at);
    if (chunk.length > 0) yield chunk;
    at = end;
    if (!options.follow || options.signal.aborted || !existsSync(folder)) return;
    const latest = newest(folder);
    if (latest !== path && chunk.length === 0) [path, at] = [latest, 0];
    else if (chunk.length === 0) await delay(POLL_MS);
  }
}

function containerFolder({ dir, pod, container, cluster }: LogsOptions): string {
  const pods = readClusters(resolve(dir))
    .filter(({ name }) => cluster === undefined || name === cluster)
    .flatMap((found) => podFolders(found.name, join(found.dir, "pods")));
  const exact = pods.filter(({ names }) => names.includes(pod));
  const fitting =
    exact.length > 0 ? exact : pods.filter(({ names }) => names.some((name) => name.startsWith(pod)));
  const [found] = fitting;
  if (found === undefined || fitting.length > 1) {
    const known = (found === undefined ? pods : fitting).map(
      (one) => `  ${one.names[0] ?? ""} on ${one.cluster}`,
    );
    throw new EdgefirstError(
      found === undefined ? `No pod ${pod} runs for real in ${dir}.` : `Several pods fit ${pod}.`,
      known.length === 0
        ? "Simulated pods print nothing."
        : `Say which, and --cluster if need be:\n${known.join("\n")}`,
    );
  }
  const containers = readdirSync(found.path);
  const chosen = container ?? (containers.length === 1 ? containers[0] : undefined);
  if (chosen === undefined || !containers.includes(chosen)) {
    throw new EdgefirstError(
      `${pod} has no container ${chosen ?? "of its own that is meant"}.`,
      `Say which: -c ${containers.join(" | ")}`,
    );
  }
  return join(found.path, chosen);
}

function podFolders(
  cluster: string,
  folder: string,
): { readonly cluster: string; readonly path: string; readonly names: readonly string[] }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((entry) => {
    const [namespace = "", name = ""] = entry.split("_");
    return { cluster, path: join(folder, entry), names: [`${namespace}/${name}`, name] };
  });
}

/** The log of the last start. */
function newest(folder: string): string {
  const files = readdirSync(folder).map((name) => join(folder, name));
  return files.reduce((a, b) => (statSync(a).mtimeMs >= statSync(b).mtimeMs ? a : b));
}

async function readFrom(path: string, at: number): Promise<{ readonly chunk: Buffer; readonly end: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const chunk = Buffer.alloc(Math.max(0, size - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    return { chunk: chunk.subarray(0, bytesRead), end: at + bytesRead };
  } finally {
    await file.close();
  }
}
