import { resolve } from "node:path";
import { clusterDir } from "./cluster-state.ts";
import { ask } from "./network/ask.ts";
import { readPodMode } from "./pod-mode.ts";

/** By stack: names of what the real Traefik serves there in the end, with the hosts. */
export const SERVED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  edge: {
    whoami: "whoami.haynesedge.com",
    greeter: "greeter.haynesedge.com",
    gatus: "status.haynesedge.com",
    legacy: "legacy.haynesedge.com",
  },
  main: { whoami: "whoami.haynesops.com", greeter: "greeter.haynesops.com" },
};

/** What comes by an Ingress, which nobody serves, and moves to a route; and a host by whose name the same Gateway can be asked before. */
export const MOVING = { stack: "edge", name: "legacy", host: "legacy.haynesedge.com" } as const;
const PAGE = "status.haynesedge.com";

/** What came back for a request through a cluster's Gateway. */
export interface Answer {
  readonly url: string;
  /** HTTP status; absent where nobody answered. */
  readonly status?: number;
  /** Why nobody answered. */
  readonly error?: string;
}

const HTTPS = 443;

/** Whether the pods of a stack's cluster are processes. */
export function podsAreReal(dir: string, stack: string): boolean {
  return readPodMode(clusterDir(resolve(dir), stack)) === "real";
}

/** Asks each host of a stack, by HTTPS and by its name in the cluster's private network; nothing where pods are simulated. */
export function askServed(dir: string, stack: string): Promise<readonly Answer[]> {
  const hosts = podsAreReal(dir, stack) ? Object.values(SERVED[stack] ?? {}) : [];
  return Promise.all(hosts.map((host) => answerOf(dir, stack, host)));
}

/** Asks the Gateway for what moves, whether the name leads there already or not. */
export function askMoving(dir: string): Promise<Answer> {
  return answerOf(dir, MOVING.stack, MOVING.host, PAGE);
}

/** Whether Gatus has found what moves healthy the last time that it looked; asked by what it does not keep for ten seconds, as its list of all. */
export async function gatusSeesMoving(dir: string): Promise<boolean> {
  const path = `/api/v1/endpoints/_${MOVING.name}/statuses`;
  const directory = clusterDir(resolve(dir), MOVING.stack);
  try {
    const { status, body } = await ask(directory, PAGE, { path, port: HTTPS, tls: true });
    const { results } = JSON.parse(status === 200 ? body : "{}") as { results?: { success: boolean }[] };
    return results?.at(-1)?.success ?? false;
  } catch {
    // Nobody answers, or something else does than Gatus.
    return false;
  }
}

async function answerOf(dir: string, stack: string, host: string, through = host): Promise<Answer> {
  const url = `https://${host}/`;
  const directory = clusterDir(resolve(dir), stack);
  try {
    const { status } = await ask(directory, through, { path: "/", port: HTTPS, tls: true, hostname: host });
    return { url, status };
  } catch (error) {
    return { url, error: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}
