import { existsSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { readClusters } from "./cluster-state.ts";

/** Selects the log to read. */
export interface LogsOptions {
  /** The sandbox's folder. */
  readonly dir: string;
  /** The pod's name or a prefix of it, optionally preceded by `namespace/`. */
  readonly pod: string;
  /** Required if the pod has several containers. */
  readonly container?: string | undefined;
  /** Required if pods in several clusters match. */
  readonly cluster?: string | undefined;
  /** Whether to follow the log, across restarts, until {@link signal} aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const POLL_MS = 200;

/**
 * The output of a real pod's container since its last start.
 * @throws EdgefirstError unless exactly one pod and container match.
 */
export async function* podLogs(options: LogsOptions): AsyncGenerator<Buffer> {
  const folder = containerFolder(options);
  let path = newest(folder);
  let offset = 0;
  for (;;) {
    const { chunk, end } = await readFrom(path, offset);
    if (chunk.length > 0) yield chunk;
    offset = end;
    if (!options.follow || options.signal.aborted || !existsSync(folder)) return;
    const latest = newest(folder);
    if (latest !== path && chunk.length === 0) [path, offset] = [latest, 0];
    else if (chunk.length === 0) await delay(POLL_MS);
  }
}

function containerFolder({ dir, pod, container, cluster }: LogsOptions): string {
  const pods = readClusters(resolve(dir))
    .filter(({ name }) => cluster === undefined || name === cluster)
    .flatMap((found) => podFolders(found.name, join(found.dir, "pods")));
  const exact = pods.filter(({ names }) => names.includes(pod));
  const matching =
    exact.length > 0 ? exact : pods.filter(({ names }) => names.some((name) => name.startsWith(pod)));
  const [found] = matching;
  if (found === undefined || matching.length > 1) {
    const known = (found === undefined ? pods : matching).map(
      (one) => `  ${one.names[0] ?? ""} on ${one.cluster}`,
    );
    throw new EdgefirstError(
      found === undefined ? `No real pod ${pod} runs in ${dir}.` : `Several pods match ${pod}.`,
      known.length === 0
        ? "Simulated pods have no logs."
        : `Name one of these, with --cluster if needed:\n${known.join("\n")}`,
    );
  }
  const containers = readdirSync(found.path);
  const chosen = container ?? (containers.length === 1 ? containers[0] : undefined);
  if (chosen === undefined || !containers.includes(chosen)) {
    throw new EdgefirstError(
      chosen === undefined ? `${pod} has several containers.` : `${pod} has no container ${chosen}.`,
      `Name one: -c ${containers.join(" | ")}`,
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

/** The log of the most recent start. */
function newest(folder: string): string {
  const files = readdirSync(folder).map((name) => join(folder, name));
  return files.reduce((a, b) => (statSync(a).mtimeMs >= statSync(b).mtimeMs ? a : b));
}

async function readFrom(
  path: string,
  offset: number,
): Promise<{ readonly chunk: Buffer; readonly end: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const chunk = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
    return { chunk: chunk.subarray(0, bytesRead), end: offset + bytesRead };
  } finally {
    await file.close();
  }
}
