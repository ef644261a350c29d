import { isScalar, Scalar, type ParsedNode } from "yaml";
import { scalarValue } from "./scalar-value.ts";
import type { Dialect, ScalarType } from "./schema.ts";
import type { Origin, ScalarStyle } from "./source.ts";

const TYPES: Readonly<Record<string, ScalarType>> = {
  "tag:yaml.org,2002:str": "string",
  "tag:yaml.org,2002:int": "int",
  "tag:yaml.org,2002:float": "float",
  "tag:yaml.org,2002:bool": "bool",
  "tag:yaml.org,2002:null": "null",
  "tag:yaml.org,2002:timestamp": "timestamp",
};

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  [Scalar.QUOTE_DOUBLE]: "quoted",
  [Scalar.QUOTE_SINGLE]: "quoted",
  [Scalar.BLOCK_LITERAL]: "literal",
  [Scalar.BLOCK_FOLDED]: "folded",
};

/** How a scalar with a tag, or one that is folded, is written. Any other scalar is read as written, and its first character shows its style. */
export function writtenScalar(scalar: Scalar, text: string, dialect: Dialect): Partial<Origin> {
  return { ...writtenType(scalar), ...textBefore(scalar, text, dialect) };
}

function writtenType({ tag = "", type, source = "" }: Scalar): Partial<Origin> {
  const named = TYPES[tag];
  if (named === undefined) return {};
  return { type: named, isTagged: true, text: source, style: STYLES[type ?? Scalar.PLAIN] ?? "plain" };
}

/** The text of a block scalar that Kustomize changes. */
function textBefore(scalar: Scalar, text: string, dialect: Dialect): Partial<Origin> {
  if (scalar.type !== Scalar.BLOCK_FOLDED && scalar.type !== Scalar.BLOCK_LITERAL) return {};
  const read = scalarValue(scalar, text, "v2");
  return typeof read === "string" && read !== scalarValue(scalar, text, dialect) ? { asRead: read } : {};
}

/** How a value was left blank; empty for any other value. */
export function blankStyle(value: ParsedNode | null, isFlow: boolean): Pick<Origin, "blank"> {
  if (value === null) return { blank: isFlow ? "flow" : "block" };
  if (!isScalar(value) || value.value !== null || value.source !== "") return {};
  if (!isFlow) return { blank: "block" };
  return value.tag === undefined ? { blank: "flow" } : {};
}
