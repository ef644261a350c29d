import { resolve } from "node:path";
import { clusterDir } from "./cluster-state.ts";
import { ask } from "./network/ask.ts";
import { readPodMode } from "./pod-mode.ts";

/** The hosts at which Traefik serves the sample apps, keyed by stack and app. {@link MOVING} is served only after its move. */
export const SERVED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  edge: {
    whoami: "whoami.haynesedge.com",
    greeter: "greeter.haynesedge.com",
    gatus: "status.haynesedge.com",
    legacy: "legacy.haynesedge.com",
  },
  main: { whoami: "whoami.haynesops.com", greeter: "greeter.haynesops.com" },
};

/** The app that starts with an Ingress, which no controller serves, and is then moved to a route. */
export const MOVING = { stack: "edge", name: "legacy", host: "legacy.haynesedge.com" } as const;
/** A host on the same Gateway that already resolves before the move. */
const PAGE = "status.haynesedge.com";

/** The response to a request through a cluster's Gateway. */
export interface Answer {
  readonly url: string;
  /** HTTP status; absent if there was no response. */
  readonly status?: number;
  /** Why there was no response. */
  readonly error?: string;
}

const HTTPS = 443;

/** Whether the pods in a stack's cluster run as processes. */
export function podsAreReal(dir: string, stack: string): boolean {
  return readPodMode(clusterDir(resolve(dir), stack)) === "real";
}

/** Sends an HTTPS request to each of a stack's hosts, by its name in the cluster's private network; to none if pods are simulated. */
export function askServed(dir: string, stack: string): Promise<readonly Answer[]> {
  const hosts = podsAreReal(dir, stack) ? Object.values(SERVED[stack] ?? {}) : [];
  return Promise.all(hosts.map((host) => answerOf(dir, stack, host)));
}

/** Sends a request for the moving app to the Gateway, whether or not the app's name already resolves to the Gateway. */
export function askMoving(dir: string): Promise<Answer> {
  return answerOf(dir, MOVING.stack, MOVING.host, PAGE);
}

/**
 * Whether Gatus's last probe of an app succeeded, on the stack with the moving app; undefined if Gatus did not respond. Unlike the list of all endpoints,
 * this response is not cached for ten seconds.
 */
export async function gatusSees(dir: string, app: string): Promise<boolean | undefined> {
  const path = `/api/v1/endpoints/_${app}/statuses`;
  const directory = clusterDir(resolve(dir), MOVING.stack);
  try {
    const { status, body } = await ask(directory, PAGE, { path, port: HTTPS, tls: true });
    const { results } = JSON.parse(status === 200 ? body : "{}") as { results?: { success: boolean }[] };
    return results?.at(-1)?.success;
  } catch {
    // There was no response, or it did not come from Gatus.
    return undefined;
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
