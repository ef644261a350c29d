import type { ScalarTag } from "yaml";

const INTEGER = /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/**
 * A plain scalar as go-yaml reads it, which Kustomize and Flux use: `0644` is octal, `1_000` is a number, `yes` is a string.
 * Source: resolve.go of go.yaml.in/yaml/v3.
 */
export function resolvePlain(text: string): string | number | boolean | null {
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
  // Numbers start with a digit, a sign or a point.
  if ((first < 48 || first > 57) && first !== 43 && first !== 45 && first !== 46) return text;
  if (text.charCodeAt(4) === 45) return timestamp(text) ?? text;
  if (INTEGER.test(text)) return integer(text);
  if (FLOAT.test(text)) return Number(text);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? NaN : text;
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})/;
const TIME = /^([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d\d:\d\d)?$/;

/** A date as Go writes the time that go-yaml reads from it: `2024-01-02` becomes `2024-01-02T00:00:00Z`. */
function timestamp(text: string): string | undefined {
  const [written = "", year, month = "", day = ""] = DATE.exec(text) ?? [];
  const date = `${year ?? ""}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (year === undefined || !isDate(date)) return undefined;
  if (written === text) return `${date}T00:00:00Z`;
  const [, separator, hour = "", minute = "", second = "", fraction = "", zone] =
    TIME.exec(text.slice(written.length)) ?? [];
  // Only the form with a blank between date and time has no zone.
  if (separator === undefined || (separator === " ") !== (zone === undefined)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = [hour, minute, second].map((part) => part.padStart(2, "0")).join(":");
  const digits = fraction.replace(/\.?0+$/, "");
  return `${date}T${time}${digits}${zone === undefined || zone === "+00:00" ? "Z" : zone}`;
}

function isDate(date: string): boolean {
  const time = new Date(`${date}T00:00:00Z`);
  // Date turns 30 February into 1 March.
  return !Number.isNaN(time.getTime()) && time.toJSON().startsWith(date);
}

function integer(text: string): number {
  const digits = text.replaceAll("_", "").replace(/^\+/, "");
  const negative = digits.startsWith("-");
  const magnitude = negative ? digits.slice(1) : digits;
  const octal = /^0o?([0-7]+)$/.exec(magnitude)?.[1];
  const value = Number(octal === undefined ? magnitude : `0o${octal}`);
  return negative ? -value : value;
}

/** The same rules as tags of the `yaml` package. */
export const GO_YAML_TAGS: ScalarTag[] = [
  tag("tag:yaml.org,2002:null", (value) => value === null, /^(?:|~|null|Null|NULL)$/),
  tag(
    "tag:yaml.org,2002:bool",
    (value) => typeof value === "boolean",
    /^(?:true|True|TRUE|false|False|FALSE)$/,
  ),
  tag("tag:yaml.org,2002:timestamp", () => false, /^\d{4}-\d{1,2}-\d{1,2}.*$/),
  tag("tag:yaml.org,2002:int", (value) => typeof value === "number", INTEGER),
  tag(
    "tag:yaml.org,2002:float",
    (value) => typeof value === "number",
    new RegExp(`${FLOAT.source}|^[-+]?\\.(?:inf|Inf|INF)$|^\\.(?:nan|NaN|NAN)$`),
  ),
];

function tag(name: string, identify: (value: unknown) => boolean, test: RegExp): ScalarTag {
  return { tag: name, default: true, identify, test, resolve: (text) => resolvePlain(text) };
}
