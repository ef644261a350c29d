import type { ScalarTag } from "yaml";

const INTEGER = /^[-+]?(?:0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|[1-9][0-9_]*|0)$/;
/** Underscores may follow a first digit. After a point without a sign, each must be between digits. */
const FLOAT =
  /^(?:(?:[-+]\.[0-9]|[-+]?[0-9][0-9_]*\.?)[0-9_]*(?:[eE]_*[-+]?[0-9_]+)?|\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?)$/;

/**
 * The go-yaml version whose rules apply to plain scalars. Kustomize reads objects with `v3`. Kustomization files, JSON patches and the result of Flux's
 * substitution are read with sigs.k8s.io/yaml, which is `v2`. `json` is for text that Kustomize reads as JSON.
 */
export type Dialect = "v3" | "v2" | "json";

/** A plain scalar as read by go-yaml: `0644` is octal, `1_000` is a number, and `yes` is a string in v3 but a boolean in v2. */
export function resolvePlain(text: string, dialect: Dialect = "v3"): string | number | boolean | null {
  if (dialect === "v3") return resolveV3(text);
  const word = V2_BOOLEANS.get(text);
  if (word !== undefined) return word;
  // v2 recognizes a date, but returns its text.
  return timestamp(text) === undefined ? resolveV3(text) : text;
}

const V2_BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  [true, false].flatMap((value) =>
    (value
      ? ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"]
      : ["n", "N", "no", "No", "NO", "off", "Off", "OFF"]
    ).map((word) => [word, value] as const),
  ),
);

/** Source: resolve.go in go.yaml.in/yaml/v3. */
function resolveV3(text: string): string | number | boolean | null {
  switch (text) {
    case "":
    case "~":
    case "null":
    case "Null":
    case "NULL":
      return null;
    case "true":
    case "True":
    case "TRUE":
      return true;
    case "false":
    case "False":
    case "FALSE":
      return false;
  }
  const first = text.charCodeAt(0);
  // Numbers start with a digit, a sign or a decimal point.
  if ((first < 48 || first > 57) && first !== 43 && first !== 45 && first !== 46) return text;
  const time = text.charCodeAt(4) === 45 ? timestamp(text) : undefined;
  if (time !== undefined) return time;
  if (INTEGER.test(text)) {
    const number = integer(text);
    // Go reads a larger decimal number as a float, and one in another base as a string.
    return Math.abs(number) < 2 ** 64 || /^[-+]?[1-9]/.test(text) ? number : text;
  }
  if (FLOAT.test(text)) {
    const number = Number(text.replaceAll("_", ""));
    // Go rejects a number that is too large.
    if (Number.isFinite(number)) return number;
  }
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? NaN : text;
}

/** The type that go-yaml gives to a scalar, by its tag or by its text. */
export type ScalarType = "string" | "int" | "float" | "bool" | "null" | "timestamp";

/** The type that go-yaml v3 gives to a text without quotes. */
export function typeOfPlain(text: string): ScalarType {
  const value = resolveV3(text);
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return isDate(text) ? "timestamp" : "string";
  return INTEGER.test(text) && value >= -(2 ** 63) && value < 2 ** 64 ? "int" : "float";
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})/;
const TIME = /^([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d\d:\d\d)?$/;

/** A date in the form in which Go writes the time that go-yaml read: `2024-01-02` becomes `2024-01-02T00:00:00Z`. */
function timestamp(text: string): string | undefined {
  const [written = "", year, month = "", day = ""] = DATE.exec(text) ?? [];
  const date = `${year ?? ""}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (year === undefined || !isDay(date)) return undefined;
  if (written === text) return `${date}T00:00:00Z`;
  const [, separator, hour = "", minute = "", second = "", fraction = "", zone] =
    TIME.exec(text.slice(written.length)) ?? [];
  // Only the form with a space between date and time has no time zone.
  if (separator === undefined || (separator === " ") !== (zone === undefined)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = [hour, minute, second].map((part) => part.padStart(2, "0")).join(":");
  const digits = fraction.replace(/\.?0+$/, "");
  return `${date}T${time}${digits}${zone === undefined || /^[-+]00:00$/.test(zone) ? "Z" : zone}`;
}

/** Whether go-yaml reads a text as a date. */
export function isDate(text: string): boolean {
  return timestamp(text) !== undefined;
}

function isDay(date: string): boolean {
  const time = new Date(`${date}T00:00:00Z`);
  // Date turns 30 February into 1 March.
  return !Number.isNaN(time.getTime()) && time.toJSON().startsWith(date);
}

function integer(text: string): number {
  const digits = text.replaceAll("_", "").replace(/^\+/, "");
  const negative = digits.startsWith("-");
  const magnitude = negative ? digits.slice(1) : digits;
  const octal = /^0[oO]?([0-7]+)$/.exec(magnitude)?.[1];
  const value = Number(octal === undefined ? magnitude : `0o${octal}`);
  return negative ? -value : value;
}

/** The rules for plain scalars, as tags for the `yaml` package. */
export function goYamlTags(dialect: Dialect): ScalarTag[] {
  const tag = (name: string, identify: (value: unknown) => boolean, test: RegExp): ScalarTag => ({
    tag: `tag:yaml.org,2002:${name}`,
    default: true,
    identify,
    test,
    resolve: (text) => resolvePlain(text, dialect),
  });
  const boolean = ["true|True|TRUE|false|False|FALSE", ...(dialect === "v2" ? V2_BOOLEANS.keys() : [])];
  return [
    tag("null", (value) => value === null, /^(?:|~|null|Null|NULL)$/),
    tag("bool", (value) => typeof value === "boolean", new RegExp(`^(?:${boolean.join("|")})$`)),
    tag("timestamp", () => false, /^\d{4}-\d{1,2}-\d{1,2}.*$/),
    tag("int", (value) => typeof value === "number", INTEGER),
    tag(
      "float",
      (value) => typeof value === "number",
      new RegExp(`${FLOAT.source}|^[-+]?\\.(?:inf|Inf|INF)$|^\\.(?:nan|NaN|NAN)$`),
    ),
  ];
}
