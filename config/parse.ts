import type { z } from "zod";
import { EdgefirstError } from "../lib/errors.ts";
import { crossKeyErrors, secretErrors } from "./cross-key.ts";
import { configSchema, type Config, type SecretKey } from "./schema.ts";

/** The values in the namespace `edgefirst`, before validation. */
export interface RawConfig {
  /** Plain keys: strings, or JSON for lists and maps, as the engine passes them. */
  readonly values: Readonly<Record<string, string>>;
  /** The secrets that are set; never shown in a message. */
  readonly secrets: Readonly<Partial<Record<SecretKey, string>>>;
}

/**
 * Validates raw configuration against the schema, and then against rules that span several keys.
 * @throws {EdgefirstError} with all errors at once
 */
export function parseConfig({ values, secrets }: RawConfig): Config {
  const input = Object.fromEntries(
    Object.entries(values)
      .map(([key, value]) => [key, parseValue(value)] as const)
      // Pulumi.yaml declares {} for "not set", since Pulumi has no optional keys.
      .filter(([, value]) => !isEmptyObject(value)),
  );
  const parsed = configSchema.safeParse(input, { reportInput: true });
  const errors = [
    ...(parsed.success ? crossKeyErrors(parsed.data, secrets) : parsed.error.issues.flatMap(describeIssue)),
    ...secretErrors(secrets),
  ];
  if (parsed.success && errors.length === 0) return parsed.data;
  throw new EdgefirstError(
    `The stack's configuration has ${errors.length === 1 ? "1 error" : `${errors.length} errors`}; nothing was changed.\n${errors
      .map((error) => `- ${error}`)
      .join("\n")}`,
    "Fix the stack's Pulumi.<stack>.yaml; docs/reference/configuration.md describes every key.",
  );
}

function parseValue(value: string): unknown {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null ? parsed : value;
  } catch {
    return value;
  }
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** Keys that were removed, with list indexes omitted. The text says why the key was removed and what to do now. */
const REMOVED_KEYS: Readonly<Record<string, string>> = {
  "edgefirst:gateways[].gatus.enabled":
    'removed, because it did nothing: a route never inherits it from its Gateway. Remove the key, and annotate each route that should not be monitored with gatus.home-operations.com/enabled: "false"',
};

function describeUnknown(path: readonly PropertyKey[]): string {
  const key = formatKey(path);
  return `${key}: ${REMOVED_KEYS[key.replace(/\[\d+\]/g, "[]")] ?? "unknown key; check the spelling"}`;
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => describeUnknown([...issue.path, key]));
  const { message } = issue.code === "invalid_key" ? (issue.issues[0] ?? issue) : issue;
  const expectation = message
    .replace(/^(Invalid \w+|Too small|Too big): /, "")
    .replace(/, received .*$/, "")
    .replace(/^expected /, "");
  const problem = issue.input === undefined ? "missing" : `${formatValue(issue.input)} is not valid`;
  return [`${formatKey(issue.path)}: ${problem}; expected ${expectation}`];
}

function formatKey(path: readonly PropertyKey[]): string {
  const key = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `edgefirst:${key.replace(/^\./, "")}`;
}

function formatValue(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 77)}…` : json;
}
