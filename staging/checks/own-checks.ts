import type { OwnChecks } from "../../config/own-checks.ts";
import type { LiveCluster } from "../../kube/client.ts";
import type { Check } from "./check.ts";
import { httpCheck } from "./http.ts";
import type { JobRunArgs } from "./job-run.ts";
import { jobsCheck } from "./jobs.ts";
import { queriesCheck } from "./queries.ts";

/** The stack's own checks that only read, as recorded in the evidence. A gate and `edgefirst verify` run them again. */
export interface RepeatableChecks extends Pick<OwnChecks, "prometheus" | "queries" | "http"> {
  /** Length of `$window` for queries that do not set `window`. */
  readonly window: string;
}

/** The stack's own checks that only read. */
export function repeatableChecks(cluster: LiveCluster, settings: RepeatableChecks | undefined): Check[] {
  if (settings === undefined) return [];
  const { prometheus, queries, http, window } = settings;
  return [
    ...(prometheus === undefined || isEmpty(queries)
      ? []
      : [queriesCheck({ cluster, prometheus, queries, window })]),
    ...(isEmpty(http) ? [] : [httpCheck(cluster, http)]),
  ];
}

/** All of the stack's own checks, for its verification. */
export function ownChecks(args: JobRunArgs, settings: RepeatableChecks & Pick<OwnChecks, "jobs">): Check[] {
  return [
    ...repeatableChecks(args.cluster, settings),
    ...(isEmpty(settings.jobs) ? [] : [jobsCheck(args, settings.jobs)]),
  ];
}

/** The part of the settings that the evidence records; null if a gate could run none of the checks again. */
export function repeatablePart(settings: RepeatableChecks | undefined): RepeatableChecks | null {
  if (settings === undefined || (isEmpty(settings.queries) && isEmpty(settings.http))) return null;
  const { prometheus, queries, http, window } = settings;
  return { ...(prometheus !== undefined && { prometheus }), queries, http, window };
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}
