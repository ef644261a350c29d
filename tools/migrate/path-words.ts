import { oncePer } from "../../lib/once-per.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { searchedText } from "../gitops/yaml/file-text.ts";
import { commandFiles } from "./text-files.ts";
import { ANY_OF_MATRIX, isWorkflow, workflowValues, type WorkflowValues } from "./workflow-values.ts";

/** A path as a command names it. */
export interface PathWord {
  readonly text: string;
  /** A path, and not only a name: it has a slash or an extension, or is the value of an option for paths. */
  readonly isPath: boolean;
  /** Whether nothing of it is known: it is the value of an expression that the workflow does not define. */
  readonly isUnknown: boolean;
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
/** Expressions whose values a workflow's own file may show. */
const EXPRESSION = /\$\{\{\s*((?:matrix|env|inputs)(?:\.[\w-]+)+)\s*\}\}/g;
/** Of direnv's standard library: the absolute form of a path. */
const EXPAND_PATH = /\$\(expand_path\s+([^()\s]+)\)/g;

/** Ends a word: blanks, quotes and what separates arguments, keys and values. */
const SEPARATOR = /[\s"'`,;|&()<>=:[\]]+/;
const PATH_OPTION = /(?:^|\s)(?:-[kfrR]|--(?:kustomize|filename|recursive|path|path-orig|file))[\s=]+$/;

/** In front of the argument of a command, or of the input of an action, that is a path. */
const PATH_ARGUMENT =
  /\b(?:kustomize\s+build|kubectl\s+kustomize)\s+(?:-\S+\s+)*$|^\s*(?:-\s+)?path:\s*["']?$/;

const DEFINITION = /^\s*(?:-\s+)?(?:export\s+|local\s+|readonly\s+)?["']?(\w+)["']?\s*[:?]?[=:]\s*(\S.*)$/;
const MOST_VALUES = 64;

/**
 * The paths in a line, with the values that the repository gives to their variables; `\uE000\uE001` stands for an unknown value.
 * @param file that has the line
 */
export function pathWords(line: string, file: string, repository: Repository): readonly PathWord[] {
  const inWorkflow = isWorkflow(file);
  const text = marked(line, inWorkflow);
  const lookup = lookupIn(file, repository);
  let offset = 0;
  return text.split(SEPARATOR).flatMap((word) => {
    const at = text.indexOf(word, offset);
    offset = at + word.length;
    const isUrl = word.startsWith("//");
    if (word === "" || isUrl) return [];
    const before = text.slice(0, at);
    const isPath = /[/]|\.\w+$/.test(word) || PATH_OPTION.test(before);
    return valuesOf(word, lookup).map((value) => ({
      text: value,
      isPath: isPath || (inWorkflow && /[/]/.test(value)),
      isUnknown: inWorkflow && value === UNKNOWN && (PATH_OPTION.test(before) || PATH_ARGUMENT.test(before)),
    }));
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

function marked(line: string, inWorkflow: boolean): string {
  let text = line.replace(EXPAND_PATH, "$1");
  if (inWorkflow) text = text.replace(EXPRESSION, (_, name: string) => `${OPEN}${name}${CLOSE}`);
  for (const variable of VARIABLES)
    text = text.replace(variable, (_, name: string) => `${OPEN}${name}${CLOSE}`);
  return text;
}

/** The texts that a variable may stand for. */
type Lookup = (name: string) => Iterable<string>;

/** Each text that a word may stand for. */
function valuesOf(word: string, lookup: Lookup): readonly string[] {
  const done: string[] = [];
  const open = [{ text: word, depth: 0 }];
  for (let next = open.pop(); next && done.length < MOST_VALUES; next = open.pop()) {
    const { text, depth } = next;
    const [variable, name = ""] = /\uE000([\w.-]+)\uE001/.exec(text) ?? [];
    if (variable === undefined) done.push(text);
    else
      for (const value of depth < MOST_DEPTH ? lookup(name) : [UNKNOWN])
        open.push({ text: text.replace(variable, () => value), depth: depth + 1 });
  }
  return done;
}

/** How a file's variables are looked up: in a workflow of GitHub, each expression has just the values that the workflow shows. */
function lookupIn(file: string, repository: Repository): Lookup {
  const definitions = definitionsIn(repository);
  const own: WorkflowValues = valuesByFile(repository).get(file) ?? new Map();
  const written = (name: string): readonly string[] =>
    [...(own.get(name) ?? [])].map((value) => (value === undefined ? UNKNOWN : marked(value, true)));
  return (name) => {
    if (!name.includes(".")) return [...(definitions.get(name) ?? [UNKNOWN]), ...written(`$${name}`)];
    const isOpen = name.startsWith("matrix.") && own.has(ANY_OF_MATRIX);
    return own.has(name) ? [...written(name), ...(isOpen ? [UNKNOWN] : [])] : [UNKNOWN];
  };
}

const valuesByFile = oncePer(
  (repository: Repository): ReadonlyMap<string, WorkflowValues> =>
    new Map(
      commandFiles(repository)
        .filter(isWorkflow)
        .map((file) => [file, workflowValues(repository, file)]),
    ),
);

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
      const value = marked(written.trim().replace(/^(["'])(.*)\1$/, "$2"), false);
      if (name === "" || !/^[\w./\uE000\uE001-]+$/.test(value)) continue;
      const values = definitions.get(name) ?? new Set();
      definitions.set(name, values.add(value));
    }
  }
  return definitions;
});
