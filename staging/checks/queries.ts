import type { QueryCheck, ServiceAddress } from "../../config/own-checks.ts";
import type { LiveCluster } from "../../kube/client.ts";
import { firstOf } from "../../lib/counted.ts";
import type { Check, Verdict } from "./check.ts";
import { evaluateQuery, type QueryResult, type QueryValue } from "./prometheus-api.ts";

/** How many series a message names. */
const SHOWN = 2;

/** Arguments of {@link queriesCheck}. */
export interface QueriesCheckArgs {
  readonly cluster: LiveCluster;
  readonly prometheus: ServiceAddress;
  readonly queries: Readonly<Record<string, QueryCheck>>;
  /** Length of `$window` for queries that do not set `window`. */
  readonly window: string;
}

/** Checks that every value of each configured query is within the query's `min` and `max`. */
export function queriesCheck({ cluster, prometheus, queries, window }: QueriesCheckArgs): Check {
  return {
    id: "queries",
    run: async () => ({
      verdicts: await Promise.all(
        Object.entries(queries).map(async ([name, settings]) => {
          const query = settings.query.replaceAll("$window", settings.window ?? window);
          return verdict(name, settings, await evaluateQuery(prometheus, cluster, query));
        }),
      ),
    }),
  };
}

function verdict(name: string, settings: QueryCheck, result: QueryResult): Verdict {
  const say = (state: Verdict["state"], message: string): Verdict => ({
    object: `Query ${name}`,
    state,
    message,
    own: true,
  });
  if (result.state !== "values")
    return result.state === "silent"
      ? say("pending", `Prometheus does not respond: ${result.reason}`)
      : { ...say("failed", `Prometheus rejects the query: ${result.reason}`), final: true };
  const values = result.values.filter(({ value }) => !Number.isNaN(value));
  if (values.length === 0)
    return settings.empty === "holds" ? say("held", "") : say("pending", "has no data");
  const outside = values.filter(({ value }) => !isWithin(settings, value));
  return outside.length === 0 ? say("held", "") : say("failed", describe(settings, outside));
}

function isWithin({ min = -Infinity, max = Infinity }: QueryCheck, value: number): boolean {
  return value >= min && value <= max;
}

function describe({ min, max }: QueryCheck, outside: readonly QueryValue[]): string {
  const bounds = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ];
  const values = outside.map(({ series, value }) => `${value}${series === "" ? "" : ` for ${series}`}`);
  return `is ${firstOf(values, SHOWN)}; expected ${bounds.join(" and ")}`;
}
