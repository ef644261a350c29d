import { z } from "zod";
import type { LiveCluster } from "../../cluster/client.ts";
import type { GatusAddress } from "../evidence.ts";

/** The part of Gatus' answer that is looked at (github.com/TwiN/gatus, `config/endpoint/status.go` and `result.go`). */
const statuses = z.array(
  z.object({
    key: z.string(),
    results: z
      .array(
        z.object({
          success: z.boolean(),
          timestamp: z.string(),
          errors: z.array(z.string()).optional(),
          conditionResults: z.array(z.object({ condition: z.string(), success: z.boolean() })).optional(),
        }),
      )
      .nullable(),
  }),
);

/** An endpoint that Gatus watches, with its latest results. Gatus answers from a cache of ten seconds. */
export type EndpointStatus = z.infer<typeof statuses>[number];
export type EndpointResult = NonNullable<EndpointStatus["results"]>[number];

const PATH = "/api/v1/endpoints/statuses";
const TIMEOUT_MS = 5_000;

/**
 * All endpoints with their results, as text where Gatus does not answer as it should.
 * @throws {EdgefirstError} where the cluster itself cannot be reached
 */
export async function readStatuses(
  address: GatusAddress,
  cluster: LiveCluster,
): Promise<readonly EndpointStatus[] | string> {
  const answer = "url" in address ? await fetchJson(address.url + PATH) : await proxied(address, cluster);
  if (answer instanceof Error) return answer.message.split("\n")[0] ?? "";
  const parsed = statuses.safeParse(answer);
  return parsed.success ? parsed.data : "its answer is no list of endpoints";
}

async function fetchJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.json() : new Error(`${url} answers ${response.status}`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new Error(`${url} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** By the API server (`GET …/services/http:<name>:<port>/proxy/…`); that it answers at all is asked first, so that its own silence is no fault of Gatus. */
async function proxied(
  { namespace, service, port }: Extract<GatusAddress, { service: string }>,
  cluster: LiveCluster,
): Promise<unknown> {
  await cluster.read("/version");
  return cluster
    .read(`/api/v1/namespaces/${namespace}/services/http:${service}:${port}/proxy${PATH}`)
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}
