import { oncePer } from "../../lib/once-per.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { searchedText } from "../gitops/yaml/file-text.ts";
import { commandFiles } from "./text-files.ts";

/** A path as a command names it. */
export interface PathWord {
  readonly text: string;
  /** A path, and not only a name: it has a slash or an extension, or is the value of an option for paths. */
  readonly isPath: boolean;
}

/** Private-use characters around the name of a variable, so that no text contains them. */
const [OPEN, CLOSE] = ["\uE000", "\uE001"];
const UNKNOWN = `${OPEN}${CLOSE}`;

/** Variables of Task, GitHub, mise, Make, Just and the shell; `$(…)` and `%s` stand for anything. */
const VARIABLES: readonly RegExp[] = [
  // A function that reads a file has its path in quotes.
  /\$?\{\{-?\s*\.?(?:\w+\.)*(\w*)(?![^{}]*["'`][^{}"'`]*\/)[^{}]*\}\}/g,
  /\$\{(\w+)[^{}]*\}/g,
  /\$\((\w*)(?:[^()]|\([^()]*\))*\)/g,
  /\$(\w+)/g,
  /%s()/g,
];
/** Of direnv's standard library: the absolute form of a path. */
const EXPAND_PATH = /\$\(expand_path\s+([^()\s]+)\)/g;

/** Ends a word: blanks, quotes and what separates arguments, keys and values. */
const SEPARATOR = /[\s"'`,;|&()<>=:[\]]+/;
const PATH_OPTION = /(?:^|\s)(?:-[kfrR]|--(?:kustomize|filename|recursive|path|path-orig|file))[\s=]+$/;

const DEFINITION = /^\s*(?:-\s+)?(?:export\s+|local\s+|readonly\s+)?["']?(\w+)["']?\s*[:?]?[=:]\s*(\S.*)$/;
const MOST_VALUES = 16;

/** The paths in a line, with the values that the repository gives to their variables; `\uE000\uE001` stands for an unknown value. */
export function pathWords(line: string, repository: Repository): readonly PathWord[] {
  const text = marked(line);
  let offset = 0;
  return text.split(SEPARATOR).flatMap((word) => {
    const at = text.indexOf(word, offset);
    offset = at + word.length;
    const isUrl = word.startsWith("//");
    if (word === "" || isUrl) return [];
    const isPath = /[/]|\.\w+$/.test(word) || PATH_OPTION.test(text.slice(0, at));
    return valuesOf(word, definitionsIn(repository)).map((value) => ({ text: value, isPath }));
  });
}

/** One segment of a path as a pattern; undefined if it may be anything. */
export function segmentPattern(segment: string): RegExp | undefined {
  if (segment.replaceAll(UNKNOWN, "").replaceAll("*", "") === "") return undefined;
  const source = segment
    .split(UNKNOWN)
    .map((text) =>
      text
        .split("*")
        .map((part) => RegExp.escape(part))
        .join("[^/]*"),
    )
    .join("[^/]*");
  return new RegExp(`^${source}$`);
}

function marked(line: string): string {
  let text = line.replace(EXPAND_PATH, "$1");
  for (const variable of VARIABLES)
    text = text.replace(variable, (_, name: string) => `${OPEN}${name}${CLOSE}`);
  return text;
}

/** Each text that a word may stand for. */
function valuesOf(word: string, definitions: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const done: string[] = [];
  const open = [{ text: word, depth: 0 }];
  for (let next = open.pop(); next && done.length < MOST_VALUES; next = open.pop()) {
    const { text, depth } = next;
    const [variable, name = ""] = /\uE000(\w+)\uE001/.exec(text) ?? [];
    if (variable === undefined) done.push(text);
    else {
      const values = depth < MOST_DEPTH ? (definitions.get(name) ?? [UNKNOWN]) : [UNKNOWN];
      for (const value of values) open.push({ text: text.replace(variable, () => value), depth: depth + 1 });
    }
  }
  return done;
}

/** A variable may be defined by itself. */
const MOST_DEPTH = 6;

/** The paths that tasks, workflows and scripts give to variables. */
const definitionsIn = oncePer((repository: Repository): ReadonlyMap<string, ReadonlySet<string>> => {
  const definitions = new Map<string, Set<string>>();
  for (const file of commandFiles(repository)) {
    // A template's keys are those of what it writes, such as a manifest.
    const isTemplate = /\.(?:j2|tmpl|gotmpl)$/.test(file);
    for (const line of searchedText(repository, file).split("\n")) {
      if (!(isTemplate ? /=/ : /[=:]/).test(line) || !line.includes("/")) continue;
      const [, name = "", written = ""] = DEFINITION.exec(line) ?? [];
      const value = marked(written.trim().replace(/^(["'])(.*)\1$/, "$2"));
      if (name === "" || !/^[\w./\uE000\uE001-]+$/.test(value)) continue;
      const values = definitions.get(name) ?? new Set();
      definitions.set(name, values.add(value));
    }
  }
  return definitions;
});
