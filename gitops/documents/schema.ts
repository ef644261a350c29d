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
  // Only a digit, a sign or a point starts a number.
  if ((first < 48 || first > 57) && first !== 43 && first !== 45 && first !== 46) return text;
  if (INTEGER.test(text)) return integer(text);
  if (FLOAT.test(text)) return Number(text);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? NaN : text;
}

function integer(text: string): number {
  const digits = text.replaceAll("_", "").replace(/^\+/, "");
  const negative = digits.startsWith("-");
  const magnitude = negative ? digits.slice(1) : digits;
  const octal = /^0o?([0-7]+)$/.exec(magnitude)?.[1];
  const value = Number(octal === undefined ? magnitude : `0o${octal}`);
  return negative ? -value : value;
}

/** The same for the `yaml` package: one tag that reads every plain scalar. */
export const GO_YAML_TAGS: ScalarTag[] = [
  tag("tag:yaml.org,2002:null", (value) => value === null, /^(?:|~|null|Null|NULL)$/),
  tag(
    "tag:yaml.org,2002:bool",
    (value) => typeof value === "boolean",
    /^(?:true|True|TRUE|false|False|FALSE)$/,
  ),
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
