import { z } from "zod";
import { configSchema, SECRETS } from "../../config/schema.ts";

/** The parts of a JSON schema that the page uses. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** A configuration key: one row in a table on the page. */
export interface DocumentedKey {
  /** Path below the top-level key, such as `https.hostnames[].hostname`; empty for the top-level key. */
  readonly path: string;
  /** Accepted values. */
  readonly values: string;
  /** `required`, or the default as JSON; may be empty. */
  readonly defaultValue: string;
  readonly description: string;
}

const INTRODUCTION = `# Configuration

Generated from \`config/schema.ts\` by \`npm run docs\`; edit the schema, not this page.

Set each key in \`Pulumi.<stack>.yaml\`, under \`config\`, as \`edgefirst:<key>\`. The whole configuration is validated before anything
is changed, and all errors are reported at once. Unknown keys are errors. \`[]\` stands for the entries of a list; if a key accepts
several shapes, the keys of all shapes are listed.
`;

/** Content of docs/reference/configuration.md. */
export function configurationPage(): string {
  const { properties = {} } = z.toJSONSchema(configSchema, { io: "input" }) as Schema;
  const sections = Object.entries(properties).map(([key, schema]) => section(key, schema));
  const secrets = Object.entries(SECRETS).map(([key, description]) => `| \`${key}\` | ${description} |`);
  return [
    INTRODUCTION,
    ...sections,
    "## Secrets\n\nSet each with `pulumi config set --secret KEY`. A secret that is not encrypted is refused.\n",
    `| key | description |\n| --- | --- |\n${secrets.join("\n")}\n`,
  ].join("\n");
}

function section(name: string, schema: Schema): string {
  const [topLevel, ...below] = documentedKeys(schema);
  const values = `Value: ${topLevel?.values ?? ""}.`;
  const head = `## ${name}\n\n${schema.description ?? ""}\n\n${values}\n`;
  return below.length === 0 ? head : `${head}\n${table(below)}`;
}

/** A top-level key and all keys below it, in schema order. */
export function documentedKeys(schema: Schema, path = "", required = false): DocumentedKey[] {
  const key = {
    path,
    values: valuesOf(schema),
    defaultValue: required ? "required" : defaultOf(schema),
    description: schema.description ?? "",
  };
  const below = shapesOf(schema).flatMap((shape) => {
    const entries = shape.type === "array" ? shapesOf(shape.items ?? {}) : [shape];
    const prefix = shape.type === "array" ? `${path}[]` : path;
    return entries.flatMap(({ properties = {}, required: needed = [] }) =>
      Object.entries(properties).flatMap(([name, child]) =>
        documentedKeys(child, prefix === "" ? name : `${prefix}.${name}`, needed.includes(name)),
      ),
    );
  });
  return [key, ...below];
}

function shapesOf(schema: Schema): readonly Schema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema];
}

function valuesOf(schema: Schema): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  const shapes = schema.anyOf ?? schema.oneOf;
  if (shapes !== undefined) return [...new Set(shapes.map(valuesOf))].join(" or ");
  if (schema.type === "array") return `list of ${plural(valuesOf(schema.items ?? {}))}`;
  if (schema.properties !== undefined) return `\`{ ${fieldsOf(schema).join(", ")} }\``;
  if (schema.type === "object") return "map";
  if (schema.type === "integer") return rangeOf(schema);
  return schema.type === "string" ? "string" : String(schema.type ?? "any");
}

/** Shapes in backticks are not pluralized. */
function plural(value: string): string {
  return value.endsWith("`") ? value : `${value}s`;
}

function fieldsOf({ properties = {}, required = [] }: Schema): string[] {
  return Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
}

function rangeOf({ minimum = -Infinity, maximum = Infinity }: Schema): string {
  if (maximum >= Number.MAX_SAFE_INTEGER) return `number from ${minimum}`;
  return `number from ${minimum} to ${maximum}`;
}

/** A section's default is omitted, because each of its keys has a default. */
function defaultOf({ default: value, properties }: Schema): string {
  const isSection = properties !== undefined && JSON.stringify(value) === "{}";
  return value === undefined || isSection ? "" : code(value);
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function table(keys: readonly DocumentedKey[]): string {
  const rows = keys.map(({ path, ...cells }) =>
    [`\`${path}\``, cells.values, cells.defaultValue, cells.description]
      .map((cell) => cell.replaceAll("|", "\\|"))
      .join(" | "),
  );
  return `| key | value | default | description |\n| --- | --- | --- | --- |\n${rows.map((row) => `| ${row} |`).join("\n")}\n`;
}
