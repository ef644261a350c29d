import { z } from "zod";

const text = z.string("write a text; quote it if it is a number").min(1);
/** Of a value in a chart's values, such as `server.livenessProbe`. */
const valuePath = text.regex(/^[^.]+(\.[^.]+)*$/, "write the names of a value, joined by dots");

/** What every row says about itself: where it comes from, and the day on which that was read. */
const provenance = {
  source: text.describe("URL or document"),
  date: z.iso.date("write a date as YYYY-MM-DD"),
};

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** A condition on a chart's values. */
export type Condition =
  | { readonly value: string; readonly byDefault: boolean }
  | {
      readonly value: string;
      readonly is: readonly Scalar[];
      readonly byDefault?: Scalar | undefined;
    }
  | { readonly not: Condition }
  | { readonly any: readonly Condition[] };

/** A plain value of a chart's values. */
type Scalar = z.infer<typeof scalar>;

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union(
    [
      z.strictObject({ value: valuePath, byDefault: z.boolean() }),
      z.strictObject({ value: valuePath, is: z.array(scalar).min(1), byDefault: scalar.optional() }),
      z.strictObject({ not: condition }),
      z.strictObject({ any: z.array(condition).min(1) }),
    ],
    "write { value, byDefault: true or false }, { value, is: […] }, { not: … } or { any: […] }",
  ),
);

const probe = z.union(
  [z.enum(["always", "none"]), z.strictObject({ value: valuePath, byDefault: z.boolean() })],
  "write always, none or { value, byDefault: true or false }",
);

const charts = z.strictObject({
  chart: text,
  ...provenance,
  containers: z.array(
    z.strictObject({
      name: text,
      liveness: probe,
      readiness: probe,
      startup: probe,
      when: z.array(condition).optional(),
    }),
  ),
});

const chartAddresses = z.strictObject({
  repository: z.url("write the URL of a chart repository").regex(/[^/]$/, "leave out the slash at the end"),
  oci: text.regex(/^oci:\/\/.*[^/]$/, "write oci://… without a slash at the end"),
  ...provenance,
});

const publishedCharts = z.strictObject({
  chart: text.startsWith("oci://", "write the chart's oci:// address"),
  versions: z.array(text).min(1),
  ...provenance,
});

const healthPaths = z.strictObject({
  images: z.array(text).min(1),
  path: text.startsWith("/", "write a path from /"),
  ...provenance,
});

const loginMiddlewares = z.union(
  [
    z.strictObject({ field: valuePath, login: z.boolean().optional(), ...provenance }),
    z.strictObject({ name: text, login: z.boolean().optional(), ...provenance }),
  ],
  "write { field or name, source, date }, with login: false for a middleware that asks for no login",
);

const versionLabels = z.strictObject({ chart: text, ...provenance });

const traefikEntryPoints = z.strictObject({
  entryPoint: text,
  port: z.int().min(1).max(65535),
  ...provenance,
});

/** The tables by the names of their files, each with the schema of a row. */
export const TABLES = {
  charts,
  "chart-addresses": chartAddresses,
  "published-charts": publishedCharts,
  "health-paths": healthPaths,
  "login-middlewares": loginMiddlewares,
  "version-labels": versionLabels,
  "traefik-entry-points": traefikEntryPoints,
} as const;

/** Name of a table; its file is `<name>.yaml`. */
export type TableName = keyof typeof TABLES;

/** One row of a table. */
export type Row<Name extends TableName> = Readonly<z.infer<(typeof TABLES)[Name]>>;

/** How a chart lets a container have one of the three probes. */
export type ProbeSupport = z.infer<typeof probe>;

/** Every table's name. */
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

/** Whether there is a table of that name. */
export function isTableName(name: string): name is TableName {
  return Object.hasOwn(TABLES, name);
}
