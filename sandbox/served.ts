import { resolve } from "node:path";
import { clusterDir } from "./cluster-state.ts";
import { ask } from "./network/ask.ts";
import { readPodMode } from "./pod-mode.ts";

/** By stack: names of what the real Traefik serves there, with the hosts. */
export const SERVED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  edge: {
    whoami: "whoami.haynesedge.com",
    greeter: "greeter.haynesedge.com",
    gatus: "status.haynesedge.com",
  },
  main: { whoami: "whoami.haynesops.com", greeter: "greeter.haynesops.com" },
};

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
  return Promise.all(hosts.map((host) => answerOf(clusterDir(resolve(dir), stack), host)));
}

async function answerOf(directory: string, host: string): Promise<Answer> {
  const url = `https://${host}/`;
  try {
    const { status } = await ask(directory, host, { path: "/", port: HTTPS, tls: true });
    return { url, status };
  } catch (error) {
    return { url, error: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}
