import { z } from "zod";
import type { LiveCluster } from "../../kube/client.ts";
import type { GatusAddress } from "../../config/gatus-address.ts";
import { messageOf } from "../../lib/errors.ts";
import { servicePath } from "./http-get.ts";

/** The fields that are read from Gatus's response (github.com/TwiN/gatus, `config/endpoint/status.go` and `result.go`). */
const status = z.object({
  key: z.string(),
  results: z
    .array(
      z.object({
        success: z.boolean(),
        timestamp: z.string(),
        hostname: z.string().optional(),
        errors: z.array(z.string()).optional(),
        conditionResults: z.array(z.object({ condition: z.string(), success: z.boolean() })).optional(),
      }),
    )
    .nullable(),
});
const statuses = z.array(status);

/** An endpoint that Gatus watches, with its latest results. */
export type EndpointStatus = z.infer<typeof status>;
export type EndpointResult = NonNullable<EndpointStatus["results"]>[number];

/** How to reach a Gatus instance. */
export interface GatusSource {
  readonly address: GatusAddress;
  /** Authorization header for a Gatus that requires credentials. */
  readonly authorization?: string | undefined;
  /** The cluster, for a Gatus that is reached through the API server. */
  readonly cluster: LiveCluster;
}

const PATH = "/api/v1/endpoints/statuses";
const TIMEOUT_MS = 5_000;

/**
 * All endpoints with their results; if Gatus does not return them, the reason. Gatus caches the response for ten seconds.
 * @throws {EdgefirstError} if the cluster itself cannot be reached
 */
export async function readStatuses(source: GatusSource): Promise<readonly EndpointStatus[] | string> {
  // Query the API server itself first, so that Gatus is not blamed for an outage of the API server.
  if (!("url" in source.address)) await source.cluster.read("/version");
  const answer = await read(source, PATH);
  if (answer instanceof Error) return answer.message.split("\n")[0] ?? "";
  const parsed = statuses.safeParse(answer);
  return parsed.success ? parsed.data : "the response is not a list of endpoints";
}

/** One endpoint with its results, uncached; undefined if Gatus has no such endpoint or does not respond. */
export async function readStatus(source: GatusSource, key: string): Promise<EndpointStatus | undefined> {
  const answer = await read(source, `/api/v1/endpoints/${encodeURIComponent(key)}/statuses`);
  return status.safeParse(answer).data;
}

/** Reads Gatus at its own address, or through the API server. */
function read({ address, authorization, cluster }: GatusSource, path: string): Promise<unknown> {
  if ("url" in address) return fetchJson(address.url + path, authorization);
  return cluster
    .read(servicePath(address, path))
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

async function fetchJson(url: string, authorization: string | undefined): Promise<unknown> {
  try {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) return await response.json();
    const refused = [401, 403].includes(response.status);
    return new Error(
      `${url} returned ${response.status}${refused ? "; set its credentials in the secret edgefirst:gatusCredentials" : ""}`,
    );
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new Error(`cannot read ${url}: ${messageOf(cause)}`);
  }
}
