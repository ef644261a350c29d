import { z } from "zod";
import { duration, labelName, objectName } from "./values.ts";

/** Name of a check: part of the name of a Job. */
const checkName = z
  .string()
  .max(30)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "a lower-case name of at most 30 characters, such as error-rate")
  .meta({ title: "check name" });

/** Without user and password: the evidence repeats it. */
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
        "PromQL that yields a number, or one number for each series: each has to be within the threshold. `$window` stands for the window, as in `rate(errors_total[$window])`.",
      ),
    window: duration
      .optional()
      .describe(
        "Length of `$window`, at most the soak, so that no sample is older than the update. Defaults to the soak.",
      ),
    min: z.number().optional().describe("The smallest value that holds."),
    max: z
      .number()
      .optional()
      .describe("The largest value that holds. At least one of `min` and `max` is required."),
    empty: z
      .enum(["wait", "holds"])
      .default("wait")
      .describe(
        "What no data means, such as `NaN` from a division by zero: `wait` until there is some, which proves nothing; or `holds`, for a query that has a result only if something is wrong.",
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
        .describe("Statuses that hold. A redirect to a login page is a 302."),
      contains: z.string().min(1).optional().describe("Text that the body has to contain."),
    }),
    z.strictObject({
      ...service,
      port: z.string().min(1).default("80").describe("Port of the Service, by name or number."),
      path: z
        .string()
        .regex(/^\/[^\s#]*$/, "a path that starts with /")
        .default("/")
        .describe("Path to request. Any status from 200 to 299 holds."),
    }),
  ],
  { error: "either { url, status?, contains? } or { namespace, service, port?, path? }" },
);

const job = z.strictObject({
  namespace: labelName.describe("Namespace in which the Job is created. It has to exist."),
  image: z.string().min(1).describe("Image with a fixed tag or digest."),
  command: z.array(z.string()).optional().describe("Command, instead of the image's."),
  args: z.array(z.string()).optional().describe("Arguments, instead of the image's."),
  env: z.record(z.string(), z.string()).default({}).describe("Environment variables. No secrets."),
  serviceAccount: objectName
    .optional()
    .describe("ServiceAccount of the pod. Without one, the pod has no token for the API server."),
  runAsUser: z.int().min(1).default(65534).describe("User id of the container; never root."),
  timeout: duration.default("5m").describe("Time after which an attempt has failed."),
  attempts: z.int().min(1).max(10).default(3).describe("Attempts until the verification fails."),
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
        "Jobs that have to succeed, by name: once before the soak begins and once when it ends, each time only while every other check holds. Only this stack's verification creates them, and deletes them afterwards.",
      ),
  })
  .prefault({});

/** The stack's own checks, as configured. */
export type OwnChecks = z.infer<typeof ownChecks>;
export type QueryCheck = OwnChecks["queries"][string];
export type HttpCheck = OwnChecks["http"][string];
export type JobCheck = OwnChecks["jobs"][string];
/** How to reach a program that answers over HTTP. */
export type ServiceAddress = NonNullable<OwnChecks["prometheus"]>;
