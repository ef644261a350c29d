import { writeYaml } from "../edit/write-yaml.ts";
import { goJson } from "../kustomize/hash.ts";
import { isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { notSupported, TemplateError } from "./error.ts";
import { isTrue, printed } from "./printed.ts";

type Call = (...args: readonly Value[]) => Value;

/** Calls a function of text/template, of slim-sprig or of the Flux Operator. @throws TemplateError if it is not among those that are supported */
export function callFunction(name: string, args: readonly Value[]): Value {
  const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (call === undefined) throw notSupported(`the function ${name}`);
  return call(...args);
}

function text(value: Value | undefined): string {
  return value === null || value === undefined ? "" : printed(value);
}

function list(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw new TemplateError("a function needs a list");
  return value;
}

function mapping(value: Value | undefined): Mapping {
  if (!isMapping(value)) throw new TemplateError("a function needs a mapping");
  return value;
}

function integer(value: Value | undefined): number {
  const whole = Math.trunc(Number(value));
  return Number.isFinite(whole) ? whole : 0;
}

function atMost(limit: number, count: number): number {
  if (count < 0 || count > limit) throw notSupported(`a count of ${count}`);
  return count;
}

/** The result of a function that returns an integer. Here it looks like a float, which Go would write differently if it is large. */
function exact(value: number): number {
  if (Math.abs(value) >= 1e6) throw notSupported("an integer of a million or more");
  return value;
}

function indented(spaces: Value | undefined, value: Value | undefined): string {
  const space = " ".repeat(atMost(1000, integer(spaces)));
  return space + text(value).replaceAll("\n", `\n${space}`);
}

/** The element at an index or a key, step by step; nothing for a key that is absent. */
function index(value: Value | undefined, ...steps: readonly Value[]): Value {
  return steps.reduce<Value>((inner, step) => {
    if (isMapping(inner)) return inner[text(step)] ?? null;
    const element = list(inner)[integer(step)];
    if (element === undefined) throw new TemplateError("an index is out of range");
    return element;
  }, value ?? null);
}

/** The value below a mapping at some keys; the argument before the mapping if there is none. */
function dug(...args: readonly Value[]): Value {
  const [keys, fallback, from] = [args.slice(0, -2), args.at(-2) ?? null, mapping(args.at(-1))];
  let value: Value = from;
  for (const key of keys) {
    if (!isMapping(value) || !Object.hasOwn(value, text(key))) return fallback;
    value = value[text(key)] ?? null;
  }
  return value;
}

function formatted(format: Value | undefined, ...args: readonly Value[]): string {
  const rest = [...args];
  return text(format).replace(/%(.)/g, (verb, letter: string) => {
    if (letter === "%") return "%";
    if (!"svdq".includes(letter) || rest.length === 0) throw notSupported(`${verb} in printf`);
    const value = rest.shift();
    return letter === "q"
      ? JSON.stringify(text(value))
      : letter === "d"
        ? String(integer(value))
        : text(value);
  });
}

/** Whether the first of two numbers, or of two texts, comes before the second. */
function isLess(a: Value | undefined, b: Value | undefined): boolean {
  if (typeof a !== typeof b || (typeof a !== "number" && typeof a !== "string"))
    throw new TemplateError("incompatible types for comparison");
  return (a as string) < (b as string);
}

function isEqual(a: Value | undefined, b: Value | undefined): boolean {
  if (a !== null && b !== null && typeof a !== typeof b)
    throw new TemplateError("incompatible types for comparison");
  return a === b;
}

/** The arguments other than nil, each in quotes. */
function quoted(args: readonly Value[], quote: (written: string) => string): string {
  return args
    .filter((arg) => arg !== null)
    .map((arg) => quote(text(arg)))
    .join(" ");
}

/** Source: github.com/gosimple/slug, with the operator's settings. Other letters than those of ASCII have spellings of their own there. */
function slugified(value: Value | undefined): string {
  const written = text(value).trim().toLowerCase().replaceAll("&", " and ").replaceAll("@", " at ");
  // eslint-disable-next-line no-control-regex -- the whole range
  if (/[^\x00-\x7f]/.test(written)) throw notSupported("slugify with other letters than those of ASCII");
  const slug = written
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/-+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "");
  if (slug.length > 63) throw notSupported("slugify with more than 63 characters");
  return slug;
}

const FUNCTIONS: Readonly<Record<string, Call>> = {
  and: (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) ?? null,
  or: (...args) => args.find(isTrue) ?? args.at(-1) ?? null,
  not: (value) => !isTrue(value),
  eq: (value, ...others) => others.some((other) => isEqual(value, other)),
  ne: (a, b) => !isEqual(a, b),
  lt: isLess,
  le: (a, b) => !isLess(b, a),
  gt: (a, b) => isLess(b, a),
  ge: (a, b) => !isLess(a, b),
  len: (value) => (typeof value === "string" ? Buffer.byteLength(value) : Object.keys(value ?? {}).length),
  index,
  print: (...args) => args.map(printed).join(""),
  printf: formatted,
  default: (fallback, value) => (isTrue(value) ? (value ?? null) : (fallback ?? null)),
  empty: (value) => !isTrue(value),
  coalesce: (...args) => args.find(isTrue) ?? null,
  ternary: (yes, no, condition) => (condition === true ? (yes ?? null) : (no ?? null)),
  get: (value, key) => mapping(value)[text(key)] ?? "",
  dig: dug,
  hasKey: (value, key) => Object.hasOwn(mapping(value), text(key)),
  dict: (...args) =>
    Object.fromEntries(args.flatMap((key, at) => (at % 2 === 0 ? [[text(key), args[at + 1] ?? ""]] : []))),
  list: (...args) => [...args],
  append: (value, element) => [...list(value), element ?? null],
  concat: (...args) => args.flatMap((arg) => [...list(arg)]),
  until: (count) => Array.from({ length: atMost(1000, integer(count)) }, (_, at) => at),
  first: (value) => list(value)[0] ?? null,
  last: (value) => list(value).at(-1) ?? null,
  has: (value, values) => list(values).includes(value ?? null),
  join: (separator, value) => (Array.isArray(value) ? value.map(text).join(text(separator)) : text(value)),
  splitList: (separator, value) => text(value).split(text(separator)),
  quote: (...args) => quoted(args, (arg) => JSON.stringify(arg)),
  squote: (...args) => quoted(args, (arg) => `'${arg}'`),
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  trim: (value) => text(value).trim(),
  trimPrefix: (prefix, value) =>
    text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value),
  trimSuffix: (suffix, value) =>
    text(suffix) !== "" && text(value).endsWith(text(suffix))
      ? text(value).slice(0, -text(suffix).length)
      : text(value),
  replace: (old, replacement, value) => text(value).replaceAll(text(old), () => text(replacement)),
  contains: (part, value) => text(value).includes(text(part)),
  hasPrefix: (prefix, value) => text(value).startsWith(text(prefix)),
  hasSuffix: (suffix, value) => text(value).endsWith(text(suffix)),
  indent: indented,
  nindent: (spaces, value) => `\n${indented(spaces, value)}`,
  toString: (value?: Value) => text(value),
  int: (value) => exact(integer(value)),
  int64: (value) => exact(integer(value)),
  add: (...args) => exact(args.map(integer).reduce((sum, arg) => sum + arg, 0)),
  sub: (a, b) => exact(integer(a) - integer(b)),
  mul: (...args) => exact(args.map(integer).reduce((product, arg) => product * arg, 1)),
  toYaml: (value) => writeYaml(value ?? null),
  toJson: (value) => goJson(value ?? null),
  b64enc: (value) => Buffer.from(text(value)).toString("base64"),
  b64dec: (value) => Buffer.from(text(value), "base64").toString("utf8"),
  slugify: slugified,
};
