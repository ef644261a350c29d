import { z } from "zod";
import { duration, labelName, objectName } from "./values.ts";

/** Name of a check. A Job's name contains it, so it must be a valid part of one. */
const checkName = z
  .string()
  .max(30)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "a lower-case name of at most 30 characters, such as error-rate")
  .meta({ title: "check name" });

/** A URL without user and password, since the evidence contains it. */
const url = z
  .string()
  .regex(/^https?:\/\/[^\s/@?#]+(\/[^\s@#]*)?$/, "an http or https URL without credentials")
  .meta({ title: "URL" });

const service = {
  namespace: labelName.describe("Namespace of the Service, which is reached through the API server."),
  service: labelName.describe("Name of the Service."),
};

const prometheus = z.union(
  [
    z.strictObject({ url: url.describe("URL of Prometheus, such as `https://prometheus.example.com`.") }),
    z.strictObject({
      ...service,
      port: z.string().min(1).default("9090").describe("Port of the Service, by name or number."),
    }),
  ],
  { error: "either { url } or { namespace, service, port? }" },
);

const query = z
  .strictObject({
    query: z
      .string()
      .trim()
      .min(1)
      .describe(
        "PromQL query for a number, or for one number per series. Each number has to be within `min` and `max`. `$window` stands for `window`, as in `rate(errors_total[$window])`.",
      ),
    window: duration
      .optional()
      .describe(
        "Length of `$window`. At most the soak, so that no sample is older than the update. Defaults to the soak.",
      ),
    min: z.number().optional().describe("The smallest value for which the check passes."),
    max: z
      .number()
      .optional()
      .describe("The largest value for which the check passes. At least one of `min` and `max` is required."),
    empty: z
      .enum(["wait", "holds"])
      .default("wait")
      .describe(
        "What to do if the query returns no data or `NaN`, such as from a division by zero. `wait`: the check does not hold until there is data. `holds`: the check holds, for a query that returns data only if something is wrong.",
      ),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, "a query with min or max");

const http = z.union(
  [
    z.strictObject({
      url: url.describe("URL to request from the machine that runs the update. Redirects are not followed."),
      status: z
        .array(z.int().min(100).max(599))
        .min(1)
        .default([200])
        .describe("Response statuses that pass the check. A redirect to a login page has status 302."),
      contains: z.string().min(1).optional().describe("Text that the response body has to contain."),
    }),
    z.strictObject({
      ...service,
      port: z.string().min(1).default("80").describe("Port of the Service, by name or number."),
      path: z
        .string()
        .regex(/^\/[^\s#]*$/, "a path that starts with /")
        .default("/")
        .describe("Path to request. The check holds with any status from 200 to 299."),
    }),
  ],
  { error: "either { url, status?, contains? } or { namespace, service, port?, path? }" },
);

const job = z.strictObject({
  namespace: labelName.describe("Namespace for the Job, which has to exist."),
  image: z.string().min(1).describe("Image with a fixed tag or digest."),
  command: z.array(z.string()).optional().describe("Command of the container. Defaults to the image's."),
  args: z.array(z.string()).optional().describe("Arguments of the command. Defaults to the image's."),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe("Environment variables. They must not contain secrets."),
  serviceAccount: objectName
    .optional()
    .describe("ServiceAccount of the pod. If omitted, the pod has no token for the API server."),
  runAsUser: z.int().min(1).default(65534).describe("User id of the container, which must not be root."),
  timeout: duration.default("5m").describe("Time after which an attempt has failed."),
  attempts: z
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe("Number of attempts after which the verification fails."),
});

export const ownChecks = z
  .strictObject({
    prometheus: prometheus.optional().describe("The Prometheus that answers the queries."),
    queries: z
      .record(checkName, query)
      .default({})
      .describe("Queries to Prometheus, by name. They run in every round of checks."),
    http: z
      .record(checkName, http)
      .default({})
      .describe("HTTP requests that have to succeed, by name. They run in every round of checks."),
    jobs: z
      .record(checkName, job)
      .default({})
      .describe(
        "Jobs that have to succeed, by name. Each runs once before the soak begins and once when it ends, and only while every other check holds. Only the verification of this stack creates the Jobs; it deletes them afterwards.",
      ),
  })
  .prefault({});

/** The stack's own checks, as configured. */
export type OwnChecks = z.infer<typeof ownChecks>;
export type QueryCheck = OwnChecks["queries"][string];
export type HttpCheck = OwnChecks["http"][string];
export type JobCheck = OwnChecks["jobs"][string];
/** How to reach a service over HTTP. */
export type ServiceAddress = NonNullable<OwnChecks["prometheus"]>;
