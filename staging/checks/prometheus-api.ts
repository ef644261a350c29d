import { z } from "zod";
import type { ServiceAddress } from "../../config/own-checks.ts";
import type { LiveCluster } from "../../kube/client.ts";
import { getService, getUrl, type HttpAnswer } from "./http-get.ts";

/** The fields that are read from Prometheus's response (Prometheus, "HTTP API", `/api/v1/query`). */
const sample = z.tuple([z.number(), z.string()]);
const response = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.discriminatedUnion("resultType", [
      z.object({
        resultType: z.literal("vector"),
        result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample.optional() })),
      }),
      z.object({ resultType: z.literal("scalar"), result: sample }),
    ]),
  }),
  z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() }),
]);

/** One series in a query's result. */
export interface QueryValue {
  /** The labels of the series, such as `{service="app"}`; empty for a scalar. */
  readonly series: string;
  readonly value: number;
}

/** The result of an instant query. `invalid`: Prometheus rejected the query. `silent`: Prometheus did not respond. */
export type QueryResult =
  | { readonly state: "values"; readonly values: readonly QueryValue[] }
  | { readonly state: "invalid" | "silent"; readonly reason: string };

/**
 * Evaluates a query now.
 * @throws {EdgefirstError} if the cluster itself cannot be reached
 */
export async function evaluateQuery(
  address: ServiceAddress,
  cluster: LiveCluster,
  query: string,
): Promise<QueryResult> {
  const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
  const answer =
    "url" in address
      ? await getUrl(address.url.replace(/\/$/, "") + path)
      : await getService(cluster, address, path);
  if (answer.state === "silent") return answer;
  // Status 400 means that the query cannot be parsed, and 422 that it cannot be evaluated.
  if (answer.status === 400 || answer.status === 422)
    return { state: "invalid", reason: errorIn(answer.body) };
  if (answer.status !== 200) return { state: "silent", reason: `returned ${answer.status}` };
  return valuesIn(answer);
}

function valuesIn({ body }: Extract<HttpAnswer, { state: "answered" }>): QueryResult {
  const parsed = response.safeParse(parsedBody(body));
  if (!parsed.success)
    return { state: "invalid", reason: "the response is not a result of an instant query with numbers" };
  if (parsed.data.status === "error") return { state: "invalid", reason: parsed.data.error };
  const { data } = parsed.data;
  if (data.resultType === "scalar")
    return { state: "values", values: [{ series: "", value: numberOf(data.result[1]) }] };
  return {
    state: "values",
    values: data.result.flatMap(({ metric, value }) =>
      value === undefined ? [] : [{ series: labelsOf(metric), value: numberOf(value[1]) }],
    ),
  };
}

function errorIn(body: unknown): string {
  const parsed = response.safeParse(parsedBody(body));
  return parsed.success && parsed.data.status === "error" ? parsed.data.error : String(body).slice(0, 200);
}

/** A response through the API server has already been parsed. */
function parsedBody(body: unknown): unknown {
  if (typeof body !== "string") return body;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** Prometheus writes numbers as strings, including `+Inf`, `-Inf` and `NaN`. */
function numberOf(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}

function labelsOf(metric: Readonly<Record<string, string>>): string {
  const labels = Object.entries(metric).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}
