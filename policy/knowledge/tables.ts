import validRange from "semver/ranges/valid.js";
import { z } from "zod";

/** Builds a schema only when it is first used, because a run without owner rows validates nothing. */
function lazily<T>(build: () => T): () => T {
  let built: T | undefined;
  return () => (built ??= build());
}

const text = lazily(() => z.string("write a string; quote it if it is a number").min(1));
/** The path of a value in a chart's values, such as `server.livenessProbe`. */
const valuePath = lazily(() =>
  text().regex(/^[^.]+(\.[^.]+)*$/, "write the path of a value, with its keys joined by dots"),
);

const versionRange = lazily(() =>
  text().refine((range) => validRange(range) !== null, "write a range of versions, such as >=38.0.0"),
);

/** The source of a row, and the date on which it was read. */
const provenance = lazily(() => ({
  source: text().describe("URL or document"),
  date: z.iso.date("write a date as YYYY-MM-DD"),
}));

const scalar = lazily(() => z.union([z.string(), z.number(), z.boolean()]));

/** A scalar in a chart's values. */
type Scalar = string | number | boolean;

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

const condition = lazily((): z.ZodType<Condition> => {
  const nested = z.lazy(condition);
  return z.union(
    [
      z.strictObject({ value: valuePath(), byDefault: z.boolean() }),
      z.strictObject({ value: valuePath(), is: z.array(scalar()).min(1), byDefault: scalar().optional() }),
      z.strictObject({ not: nested }),
      z.strictObject({ any: z.array(nested).min(1) }),
    ],
    "write { value, byDefault: true or false }, { value, is: […] }, { not: … } or { any: […] }",
  );
});

const probe = lazily(() =>
  z.union(
    [z.enum(["always", "none"]), z.strictObject({ value: valuePath(), byDefault: z.boolean() })],
    "write always, none or { value, byDefault: true or false }",
  ),
);

/** The tables, keyed by file name, each with its row schema. */
const TABLES = {
  charts: lazily(() =>
    z.strictObject({
      chart: text(),
      ...provenance(),
      containers: z.array(
        z.strictObject({
          name: text(),
          liveness: probe(),
          readiness: probe(),
          startup: probe(),
          when: z.array(condition()).optional(),
        }),
      ),
    }),
  ),
  "chart-addresses": lazily(() =>
    z.strictObject({
      repository: z.url("write the URL of a chart repository").regex(/[^/]$/, "remove the trailing slash"),
      oci: text().regex(/^oci:\/\/.*[^/]$/, "write oci://… without a trailing slash"),
      ...provenance(),
    }),
  ),
  "published-charts": lazily(() =>
    z.strictObject({
      chart: text().startsWith("oci://", "write the chart's oci:// address"),
      versions: z.array(text()).min(1),
      ...provenance(),
    }),
  ),
  "health-paths": lazily(() =>
    z.strictObject({
      images: z.array(text()).min(1),
      path: text().startsWith("/", "write a path that starts with /"),
      ...provenance(),
    }),
  ),
  "image-privileges": lazily(() =>
    z
      .strictObject({
        images: z.array(text().regex(/^[^*]+\*?$/, "write a * only at the end")).min(1),
        capabilities: z.array(text()).min(1).optional(),
        setuid: text().optional(),
        root: text().optional(),
        ...provenance(),
      })
      .refine(
        ({ capabilities, setuid, root }) => (capabilities ?? setuid ?? root) !== undefined,
        "write capabilities, setuid or root",
      ),
  ),
  "data-kinds": lazily(() =>
    z.strictObject({
      kind: text().regex(
        /^[A-Za-z0-9]+(\.[a-z0-9.-]+)?$/,
        "write Kind, or Kind.group outside the core group",
      ),
      ...provenance(),
    }),
  ),
  "login-middlewares": lazily(() =>
    z.union(
      [
        z.strictObject({ field: valuePath(), login: z.boolean().optional(), ...provenance() }),
        z.strictObject({ name: text(), login: z.boolean().optional(), ...provenance() }),
      ],
      "write { field or name, source, date }, and add login: false for a middleware that does not ask for a login",
    ),
  ),
  "version-labels": lazily(() =>
    z.strictObject({ chart: text(), versions: versionRange().optional(), ...provenance() }),
  ),
  "traefik-entry-points": lazily(() =>
    z.strictObject({ entryPoint: text(), port: z.int().min(1).max(65535), ...provenance() }),
  ),
  "traefik-chart-values": lazily(() =>
    z.strictObject({
      charts: versionRange(),
      classSelector: valuePath(),
      ...provenance(),
    }),
  ),
} as const;

/** Name of a table; its file is `<name>.yaml`. */
export type TableName = keyof typeof TABLES;

/** A row in a table. */
export type Row<Name extends TableName> = Readonly<z.infer<ReturnType<(typeof TABLES)[Name]>>>;

/** The schema of a row. */
export function rowSchema(table: TableName): z.ZodType {
  return TABLES[table]();
}

/** Every table's name. */
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

/** Whether a table with this name exists. */
export function isTableName(name: string): name is TableName {
  return Object.hasOwn(TABLES, name);
}
