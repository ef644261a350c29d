import type { Pick } from "./flux-cases.ts";

/** Scalars, in the places where YAML 1.1, YAML 1.2, go-yaml and this project's parser could disagree. */
const SCALARS = [
  ...["", "~", "null", "true", "yes", "off", "0", "1.0", "1e3", "0x1F", "0o17", "017", "1_000", ".5", "1:30"],
  ...[
    "2024-01-02",
    "2024-01-02T03:04:05Z",
    "-",
    "''",
    '""',
    "'it''s'",
    '"a\\tb\\u00e9"',
    "{}",
    "[]",
    "{ a: , b: ~ }",
  ],
  ...[
    "[a, , b]",
    "!!str 12",
    "!!int '3'",
    "&anchor x",
    "*anchor",
    "a: b",
    "a #b",
    "a#b",
    "a:b",
    "@x",
    "%x",
    "x,y",
    "é",
  ],
  ...[
    "${NAME}",
    '"${NAME}"',
    "a-${NAME:-b c}",
    "$${NAME}",
    "${NAME:=1}",
    "${#NAME}",
    "$NAME",
    ".inf",
    ".nan",
    "=",
    "<<",
  ],
  ...[
    "- a",
    "? a",
    "'a",
    '"a\\',
    "|",
    ">-",
    "|2",
    "a\\nb",
    "\\",
    "+1",
    "1.",
    "-.5",
    "1e",
    "0b11",
    "9007199254740993",
    "1e21",
  ],
];

type Edit = (lines: string[], pick: Pick) => void;

const at = (lines: readonly string[], pick: Pick): number => Math.floor(pick.next() * lines.length);

/** The index of a random line `key: value` or `- value`; of any line if there is none. */
function entryLine(lines: readonly string[], pick: Pick): number {
  const entries = [...lines.keys()].filter((index) => /^\s*(?:- )?\S+: |^\s*- /.test(lines[index] ?? ""));
  return entries.length === 0 ? at(lines, pick) : pick.of(entries);
}

const withValue = (line: string, change: (value: string) => string): string =>
  line.replace(
    /^(\s*(?:- )?(?:[^\s:#]+:(?: |$)|(?<=- )))(.*)$/,
    (_, before: string, value: string) => before + change(value),
  );

const EDITS: readonly Edit[] = [
  (lines, pick) => void lines.splice(at(lines, pick), 1),
  (lines, pick) => {
    const index = at(lines, pick);
    lines.splice(index, 0, lines[index] ?? "");
  },
  (lines, pick) => {
    const index = at(lines, pick);
    lines.splice(index, 2, ...lines.slice(index, index + 2).reverse());
  },
  (lines, pick) => {
    const index = at(lines, pick);
    const count = 1 + Math.floor(pick.next() * 4);
    const change = pick.of<(line: string) => string>([
      (line) => `  ${line}`,
      (line) => line.replace(/^ {2}/, ""),
      (line) => ` ${line}`,
      (line) => `\t${line}`,
      (line) => `${line} `,
      (line) => `${line} # a comment`,
      (line) => `# ${line}`,
      (line) => `${line}\r`,
    ]);
    lines.splice(index, count, ...lines.slice(index, index + count).map(change));
  },
  ...Array<Edit>(5).fill((lines, pick) => {
    const index = entryLine(lines, pick);
    const scalar = pick.of(SCALARS);
    lines[index] = withValue(lines[index] ?? "", () => scalar);
  }),
  ...Array<Edit>(2).fill((lines, pick) => {
    const index = entryLine(lines, pick);
    const change = pick.of<(value: string) => string>([
      (value) => value.replace(/^(["'])(.*)\1$/, "$2"),
      (value) => `"${value}"`,
      (value) => `'${value}'`,
      (value) => `[${value}]`,
      (value) => `{ ${value}: }`,
      (value) => `{ a: ${value} }`,
      (value) => `${value}:`,
      (value) => `&x ${value}`,
      (value) => `>-\n${" ".repeat(12)}${value}\n${" ".repeat(14)}more\n\n${" ".repeat(12)}end`,
      (value) => `|+\n${" ".repeat(12)}${value}\n\n`,
    ]);
    lines[index] = withValue(lines[index] ?? "", change);
  }),
  (lines, pick) => {
    const [from, to] = [entryLine(lines, pick), entryLine(lines, pick)];
    lines[to] = lines[from] ?? "";
  },
  (lines, pick) => {
    const index = at(lines, pick);
    const line = lines[index] ?? "";
    const column = Math.floor(pick.next() * line.length);
    lines[index] =
      line.slice(0, column) +
      pick.of(["", " ", ":", "- ", "#", '"', "{", "]", "\u00a0", "\x85", "\u2028"]) +
      line.slice(column + 1);
  },
  (lines, pick) =>
    void lines.splice(
      at(lines, pick),
      0,
      pick.of(["---", "", "# c", "<<: { a: b }", "a: b", "- a", "? x", "%YAML 1.1"]),
    ),
];

/** A YAML text with one random edit. */
export function editText(text: string, pick: Pick): string {
  if (pick.chance(0.02)) return text.replaceAll("\n", "\r\n");
  if (pick.chance(0.02)) return `\ufeff${text}`;
  if (pick.chance(0.02)) return text.replace(/\n$/, "");
  const lines = text.split("\n");
  pick.of(EDITS)(lines, pick);
  return lines.join("\n");
}
