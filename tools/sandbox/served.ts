import { resolve } from "node:path";
import { clusterDir } from "./cluster-state.ts";
import { ask, type HttpAnswer } from "./network/ask.ts";
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

/** The statuses with which a Gateway redirects to HTTPS. */
const REDIRECTS = [301, 302, 308];

/** Whether the pods in a stack's cluster run as processes. */
export function podsAreReal(dir: string, stack: string): boolean {
  return readPodMode(clusterDir(resolve(dir), stack)) === "real";
}

/** Sends a request to each of a stack's hosts, by its name in the cluster's private network; to none if pods are simulated. */
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
    const { status, body } = await askHost(directory, PAGE, path);
    const { results } = JSON.parse(status === 200 ? body : "{}") as { results?: { success: boolean }[] };
    return results?.at(-1)?.success;
  } catch {
    // There was no response, or it did not come from Gatus.
    return undefined;
  }
}

async function answerOf(dir: string, stack: string, host: string, through = host): Promise<Answer> {
  const directory = clusterDir(resolve(dir), stack);
  try {
    const { scheme, status } = await askHost(directory, host, "/", through);
    return { url: `${scheme}://${host}/`, status };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return { url: `http://${host}/`, error: message };
  }
}

/** Sends a request as a browser does: over plain HTTP first, and then over HTTPS if the Gateway redirects there. */
async function askHost(
  directory: string,
  hostname: string,
  path: string,
  through = hostname,
): Promise<HttpAnswer & { readonly scheme: "http" | "https" }> {
  const plain = await ask(directory, through, { path, hostname });
  if (!REDIRECTS.includes(plain.status)) return { ...plain, scheme: "http" };
  return { ...(await ask(directory, through, { path, hostname, port: 443, tls: true })), scheme: "https" };
}
