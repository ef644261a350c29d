import { ApiError } from "../../kube/api-error.ts";
import type { LiveCluster } from "../../kube/client.ts";

/** A port of a Service on the cluster. */
export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
}

/** A response, or why there is none. */
export type HttpAnswer =
  | { readonly state: "answered"; readonly status: number; readonly body: unknown }
  | { readonly state: "silent"; readonly reason: string };

const TIMEOUT_MS = 5_000;

/** Requests a URL from this machine, without following redirects. If there is no response, the reason never contains the URL's query. */
export async function getUrl(url: string): Promise<HttpAnswer> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { state: "answered", status: response.status, body: await response.text() };
  } catch (error) {
    return { state: "silent", reason: networkReason(error, TIMEOUT_MS) };
  }
}

/** What went wrong on the network. It contains no addresses, because they may contain secrets. */
export function networkReason(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `no response within ${timeoutMs / 1_000} s`;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as { code?: unknown };
  return typeof code === "string" ? code : "the request failed";
}

/** The API server's path to a path of a Service. */
export function servicePath({ namespace, service, port }: ServicePort, path: string): string {
  return `/api/v1/namespaces/${namespace}/services/http:${service}:${port}/proxy${path}`;
}

/**
 * Requests a path of a Service through the API server.
 * @throws {EdgefirstError} if the API server itself does not respond
 */
export async function getService(
  cluster: LiveCluster,
  service: ServicePort,
  path: string,
): Promise<HttpAnswer> {
  // Query the API server itself first, so that the Service is not blamed for an outage of the API server.
  await cluster.read("/version");
  try {
    const body = await cluster.read(servicePath(service, path));
    return { state: "answered", status: 200, body };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // The API server responds with this status if it cannot reach the Service.
    if (error.status === 503) return { state: "silent", reason: error.reason };
    return { state: "answered", status: error.status, body: error.reason };
  }
}
