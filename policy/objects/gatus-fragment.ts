import type { Template } from "../../kube/gatus-annotations.ts";
import { yamlMap } from "../../lib/yaml-map.ts";
import { text, texts } from "../engine/read.ts";

/**
 * Fields of a Gatus endpoint (github.com/TwiN/gatus v5.36, config/endpoint/endpoint.go), and the two that gatus-sidecar adds
 * (github.com/home-operations/gatus-sidecar, internal/gatus/endpoint.go).
 */
const KEYS = new Set([
  "enabled",
  "name",
  "group",
  "url",
  "method",
  "body",
  "graphql",
  "headers",
  "extra-labels",
  "interval",
  "conditions",
  "alerts",
  "maintenance-windows",
  "dns",
  "ssh",
  "client",
  "ui",
  "store",
  "always-run",
  "guarded",
  "path",
]);

/** A duration as Go's time.ParseDuration accepts it. */
const DURATION = /^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/;

/** Describes what Gatus or gatus-sidecar would reject or ignore in an `endpoint` annotation, in one sentence per error. */
export function fragmentErrors(fragment: string): readonly string[] {
  const map = yamlMap(fragment);
  if (map === undefined) return ["The annotation is not a YAML map, so gatus-sidecar ignores it."];
  return [
    ...unknownFields(map).map((key) => `Gatus endpoints have no field ${key}.`),
    ...endpointErrors(map),
  ];
}

/** The fields of an endpoint that Gatus does not know, and therefore ignores. */
export function unknownFields(endpoint: Template): readonly string[] {
  return Object.keys(endpoint).filter((key) => !KEYS.has(key));
}

/** Like {@link fragmentErrors}, but for a parsed endpoint, and without {@link unknownFields}. */
export function endpointErrors(endpoint: Template): readonly string[] {
  const notText = ["name", "group", "url"].filter(
    (key) => endpoint[key] !== undefined && typeof endpoint[key] !== "string",
  );
  const interval = endpoint.interval;
  return [
    ...notText.map((key) => `The field ${key} is not a string, so it is ignored.`),
    ...(interval === undefined ||
    (typeof interval === "string" && (DURATION.test(interval) || interval.includes("${")))
      ? []
      : [`The value of interval, ${JSON.stringify(interval)}, is not a duration.`]),
    ...conditionErrors(endpoint.conditions),
  ];
}

function conditionErrors(conditions: unknown): readonly string[] {
  if (conditions === undefined) return [];
  if (typeof conditions !== "string" && !Array.isArray(conditions))
    return ["The field conditions is not a list."];
  const list = typeof conditions === "string" ? [conditions] : texts(conditions);
  if (list.length === 0)
    return ["The list of conditions is empty, and Gatus rejects an endpoint without a condition."];
  return list
    .filter((condition) => comparison(condition) === undefined)
    .map(
      (condition) => `The condition "${condition}" has no operator (==, !=, <=, >=, > or <, between spaces).`,
    );
}

interface Comparison {
  readonly left: string;
  readonly operator: string;
  readonly right: string;
}

/** Parses a condition as Gatus does (`Condition.evaluate`), which tries the operators in this order. */
function comparison(condition: string): Comparison | undefined {
  for (const operator of ["==", "!=", "<=", ">=", ">", "<"]) {
    const [left, right] = condition.split(` ${operator} `);
    if (left !== undefined && right !== undefined)
      return { left: left.trim(), operator, right: right.trim() };
  }
  return undefined;
}

/** The values that Gatus's placeholders have after a request timed out. */
const TIMED_OUT: Readonly<Record<string, string>> = {
  "[STATUS]": "0",
  "[CONNECTED]": "false",
  "[BODY]": "",
  "len([BODY])": "0",
  "[IP]": "",
  "[DNS_RCODE]": "",
  "[CERTIFICATE_EXPIRATION]": "0",
};

/** Whether all conditions hold after a request has timed out; false if a condition cannot be parsed. */
export function holdOnTimeOut(conditions: readonly string[]): boolean {
  return conditions.length > 0 && conditions.every(holdsOnTimeOut);
}

function holdsOnTimeOut(condition: string): boolean {
  const parsed = comparison(condition);
  if (parsed === undefined) return false;
  const left = TIMED_OUT[parsed.left] ?? parsed.left;
  const right = TIMED_OUT[parsed.right] ?? parsed.right;
  // The other placeholders stand for the response time or a part of the body, which are not known here.
  if ([left, right].some((side) => side.includes("["))) return false;
  if (parsed.operator === "==") return isEqual(left, right);
  if (parsed.operator === "!=") return !isEqual(left, right);
  const [first, second] = [Number(left), Number(right)];
  if (Number.isNaN(first) || Number.isNaN(second)) return false;
  if (parsed.operator === "<") return first < second;
  if (parsed.operator === ">") return first > second;
  return parsed.operator === "<=" ? first <= second : first >= second;
}

/** Compares as Gatus does, including `any(…)` on the right. `pat(…)` counts as no match, since it is not used for a status. */
function isEqual(left: string, right: string): boolean {
  const options = /^any\((.*)\)$/.exec(right)?.[1];
  if (options !== undefined) return options.split(",").some((option) => option.trim() === left);
  return !right.startsWith("pat(") && left === right;
}

/** The endpoint's conditions, or the sidecar's default. */
export function conditionsOf({ conditions }: Template): readonly string[] {
  const own = text(conditions);
  if (own !== undefined) return [own];
  return conditions === undefined ? ["[STATUS] == 200"] : texts(conditions);
}
