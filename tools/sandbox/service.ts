import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { freePorts, isFree } from "./ports.ts";
import { findProcess, isAlive, startProcess, waitUntil } from "./processes.ts";

/** A program that runs next to a sandbox's clusters and listens on ports of 127.0.0.1. */
export interface Service<Port extends string> {
  /** Unique within the folder that holds its record. */
  readonly name: string;
  readonly command: string;
  /** Names of the program's ports on 127.0.0.1. */
  readonly ports: readonly Port[];
  readonly args: (ports: Readonly<Record<Port, number>>) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ready: (ports: Readonly<Record<Port, number>>) => Promise<boolean>;
  readonly timeoutMs: number;
}

/**
 * Starts a service unless it is running, on its previous ports or on free ones, and waits until it is ready.
 * @returns its ports.
 * @throws EdgefirstError if it exits or is not ready in time.
 */
export async function ensureService<Port extends string>(
  dir: string,
  service: Service<Port>,
  signal?: AbortSignal,
): Promise<Readonly<Record<Port, number>>> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const known = findProcess(dir, service.name);
  const running = known !== undefined && isAlive(known) ? known : undefined;
  const ports = await portsOf(dir, service, running !== undefined);
  const record =
    running ??
    (await startProcess(dir, {
      name: service.name,
      command: service.command,
      args: service.args(ports),
      ...(service.env && { env: service.env }),
    }));
  await waitUntil(`${service.name} to be ready`, () => service.ready(ports), {
    timeoutMs: service.timeoutMs,
    signal,
    alive: [record],
  });
  return ports;
}

/** Returns the previous ports if they are free, so that addresses in a cluster's objects stay valid after a restart. */
async function portsOf<Port extends string>(
  dir: string,
  { name, ports }: Service<Port>,
  running: boolean,
): Promise<Readonly<Record<Port, number>>> {
  const file = join(dir, "ports", `${name}.json`);
  if (existsSync(file)) {
    const known = JSON.parse(readFileSync(file, "utf8")) as Record<Port, number>;
    const free = await Promise.all(ports.map((port) => isFree(known[port])));
    if (running || free.every(Boolean)) return known;
  }
  const chosen = await freePorts(ports.length);
  const record = Object.fromEntries(ports.map((port, index) => [port, chosen[index]]));
  writeFileAtomic(file, JSON.stringify(record));
  return record as Record<Port, number>;
}
