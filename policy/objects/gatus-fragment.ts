import { yamlMap, type Template } from "../../kube/gatus-annotations.ts";
import { text, texts } from "../engine/read.ts";

/**
 * Keys of an endpoint (github.com/TwiN/gatus v5.36, config/endpoint/endpoint.go), and the two that gatus-sidecar takes for itself
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

/** As Go's time.ParseDuration takes it. */
const DURATION = /^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/;

/** What Gatus or its sidecar would not understand in the text of an `endpoint` annotation, one sentence each. */
export function fragmentErrors(fragment: string): readonly string[] {
  const map = yamlMap(fragment);
  if (map === undefined) return ["The fragment is no YAML map: the sidecar leaves the endpoint out."];
  return endpointErrors(map);
}

/** The same for the fields of an endpoint that are there. */
export function endpointErrors(endpoint: Template): readonly string[] {
  const unknown = Object.keys(endpoint).filter((key) => !KEYS.has(key));
  const notText = ["name", "group", "url"].filter(
    (key) => endpoint[key] !== undefined && typeof endpoint[key] !== "string",
  );
  const interval = endpoint.interval;
  return [
    ...unknown.map((key) => `Gatus has no field ${key} of an endpoint.`),
    ...notText.map((key) => `The field ${key} is no text, and is passed over.`),
    ...(interval === undefined ||
    (typeof interval === "string" && (DURATION.test(interval) || interval.includes("${")))
      ? []
      : [`The interval ${JSON.stringify(interval)} is no duration.`]),
    ...conditionErrors(endpoint.conditions),
  ];
}

function conditionErrors(conditions: unknown): readonly string[] {
  if (conditions === undefined) return [];
  if (typeof conditions !== "string" && !Array.isArray(conditions)) return ["The conditions are no list."];
  const list = typeof conditions === "string" ? [conditions] : texts(conditions);
  if (list.length === 0)
    return ["The list of conditions is empty, and Gatus refuses an endpoint without one."];
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

/** As `Condition.evaluate` of Gatus takes it apart: the first of the operators, in this order. */
function comparison(condition: string): Comparison | undefined {
  for (const operator of ["==", "!=", "<=", ">=", ">", "<"]) {
    const [left, right] = condition.split(` ${operator} `);
    if (left !== undefined && right !== undefined)
      return { left: left.trim(), operator, right: right.trim() };
  }
  return undefined;
}

/** What Gatus puts in where the request timed out: no status, no body, no connection. */
const TIMED_OUT: Readonly<Record<string, string>> = {
  "[STATUS]": "0",
  "[CONNECTED]": "false",
  "[BODY]": "",
  "len([BODY])": "0",
  "[IP]": "",
  "[DNS_RCODE]": "",
  "[CERTIFICATE_EXPIRATION]": "0",
};

/** Whether all conditions hold for a request that timed out; false where there is one that is not understood. */
export function holdOnTimeOut(conditions: readonly string[]): boolean {
  return conditions.length > 0 && conditions.every(holdsOnTimeOut);
}

function holdsOnTimeOut(condition: string): boolean {
  const parsed = comparison(condition);
  if (parsed === undefined) return false;
  const left = TIMED_OUT[parsed.left] ?? parsed.left;
  const right = TIMED_OUT[parsed.right] ?? parsed.right;
  // What is left of a placeholder is a path into the body, or the time that it took: not known here.
  if ([left, right].some((side) => side.includes("["))) return false;
  if (parsed.operator === "==") return isEqual(left, right);
  if (parsed.operator === "!=") return !isEqual(left, right);
  const [first, second] = [Number(left), Number(right)];
  if (Number.isNaN(first) || Number.isNaN(second)) return false;
  if (parsed.operator === "<") return first < second;
  if (parsed.operator === ">") return first > second;
  return parsed.operator === "<=" ? first <= second : first >= second;
}

/** With `any(…)` on the right, the one way of its functions that matters for a status. */
function isEqual(left: string, right: string): boolean {
  const options = /^any\((.*)\)$/.exec(right)?.[1];
  if (options !== undefined) return options.split(",").some((option) => option.trim() === left);
  return !right.startsWith("pat(") && left === right;
}

/** The conditions of an endpoint, or those that the sidecar gives it. */
export function conditionsOf({ conditions }: Template): readonly string[] {
  const own = text(conditions);
  if (own !== undefined) return [own];
  return conditions === undefined ? ["[STATUS] == 200"] : texts(conditions);
}
