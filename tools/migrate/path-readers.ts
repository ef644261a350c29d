import { posix } from "node:path";
import { oncePer } from "../../lib/once-per.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { Position } from "../gitops/yaml/source.ts";
import { searchedText } from "../gitops/yaml/file-text.ts";
import { pathWords, segmentPattern, type PathWord } from "./path-words.ts";
import { commandFiles, uncommentedLines } from "./text-files.ts";
import { isWorkflow } from "./workflow-values.ts";

/**
 * What a command does with a path. `applies`: sends it to a cluster; `builds`: builds what is there; `starts`: also builds what the Flux Kustomizations there lead
 * to; `reads`: anything else, or it does not show.
 */
export type PathUse = "applies" | "builds" | "starts" | "reads";

/** A line of a workflow, task, script or other program that names a path. */
export interface PathReader {
  readonly position: Position;
  /** The path that it names. */
  readonly path: string;
  readonly use: PathUse;
}

const APPLIES = /\bkubectl\b.*\b(?:apply|replace|create)\b/;
const BUILDS = /\bflux\s+(?:build|diff)\b|\bkustomize\s+build\b|\bkubectl\s+(?:kustomize|diff)\b/;
/** The name and the path are often on different lines: arguments of a container, or the input of an action. */
const STARTS = /flux-local|flate/i;
const PATH_INPUT = /(?:^|[\s"'{-])\w*path(?:[-_]orig)?["']?[\s:=]/i;
/** Anything that takes the files that a pattern matches, or a directory whose name is in a variable; the trigger of a workflow does not. */
const COMMAND = /(?<![\w/.-])(?:kubectl|flux|flux-local|flate|kustomize|yq|sops|helmfile|sed|find|for|cat)\s/;
/** Text for people. */
const SHOWN =
  /^\s*(?:-\s+)?(?:(?:(?:run|cmd):\s*)?(?:echo|printf)\b[^&|;>]*$|(?:desc|description|name|summary):)/;

/**
 * The lines of programs that name one of these files, or a directory that contains one.
 * @param directories whether to look for directories: the files' own, and those above if the line builds or applies them
 */
export function readersOfPaths(
  repository: Repository,
  files: readonly string[],
  { directories }: { readonly directories: boolean },
): readonly PathReader[] {
  const own = new Set(directories ? files.map((file) => posix.dirname(file)) : []);
  const targets = [...new Set([...files, ...(directories ? files.flatMap(above) : [])])];
  const names = [...new Set(targets.map((path) => posix.basename(path)))];
  return commandFiles(repository).flatMap((file) => {
    const text = searchedText(repository, file);
    if (!names.some((name) => text.includes(name))) return [];
    return statementsOf(text).flatMap(({ line, number, statement }): readonly PathReader[] => {
      const path = namedPath(line, { file, targets, statement }, repository);
      if (path === undefined) return [];
      const use = useOf(line, statement, text);
      if (!files.includes(path) && !own.has(path) && use === "reads") return [];
      return [{ position: { file, line: number, column: 1 }, path, use }];
    });
  });
}

/** The lines of workflows that build or apply a path that only a run of them knows. */
export const readersOfUnknown = oncePer((repository: Repository): readonly Position[] =>
  commandFiles(repository)
    .filter(isWorkflow)
    .flatMap((file) => {
      const text = searchedText(repository, file);
      return statementsOf(text)
        .filter(({ line, statement }) => useOf(line, statement, text) !== "reads")
        .filter(({ line }) => pathWords(line, file, repository).some(({ isUnknown }) => isUnknown))
        .map(({ number }) => ({ file, line: number, column: 1 }));
    }),
);

/** The directories that contain a file, the closest first, without the repository's own. */
function above(file: string): readonly string[] {
  const directory = posix.dirname(file);
  return directory === "." ? [] : [directory, ...above(directory)];
}

/** A line, and the command that it is a part of. */
interface Statement {
  readonly line: string;
  readonly number: number;
  readonly statement: string;
}

function statementsOf(text: string): readonly Statement[] {
  const statements: Statement[][] = [];
  let isOpen = false;
  for (const { line, number } of uncommentedLines(text)) {
    const one = { line, number, statement: "" };
    if (isOpen) statements.at(-1)?.push(one);
    else statements.push([one]);
    isOpen = /\\\s*$/.test(line);
  }
  return statements.flatMap((lines) => {
    const statement = lines.map(({ line }) => line.replace(/\\\s*$/, "")).join(" ");
    return SHOWN.test(statement) ? [] : lines.map((one) => ({ ...one, statement }));
  });
}

function useOf(line: string, statement: string, text: string): PathUse {
  if (APPLIES.test(statement)) return "applies";
  if (STARTS.test(statement) || (STARTS.test(text) && PATH_INPUT.test(line))) return "starts";
  return BUILDS.test(statement) ? "builds" : "reads";
}

interface Place {
  readonly file: string;
  readonly targets: readonly string[];
  readonly statement: string;
}

/** The first of the targets that a line names. */
function namedPath(line: string, place: Place, repository: Repository): string | undefined {
  if (!/[\w/]/.test(line)) return undefined;
  const words = pathWords(line, place.file, repository).filter(({ isPath }) => isPath);
  const tests = words.flatMap((word) => targetTest(word, place, repository) ?? []);
  return place.targets.find((target) => tests.some((isNamed) => isNamed(target)));
}

/** Whether a target is what a word names; undefined if the word names no path. */
function targetTest(
  { text }: PathWord,
  { file, statement }: Place,
  repository: Repository,
): ((target: string) => boolean) | undefined {
  if (text.includes("*") && !COMMAND.test(statement)) return undefined;
  if (/^[\w./-]+$/.test(text)) {
    // A path that leads to something from here does not mean something else elsewhere.
    const found = [".", posix.dirname(file)]
      .flatMap((base) => repository.resolve(base, text) ?? [])
      .find((path) => path !== "." && (repository.isFile(path) || repository.isDirectory(path)));
    if (found !== undefined) return (target) => found === target;
  }
  const segments = text
    .replace(/\/\*\*.*$/, "")
    .split("/")
    .filter((segment) => !["", ".", ".."].includes(segment));
  const patterns = segments.map(segmentPattern);
  if (patterns.at(-1) === undefined && !COMMAND.test(statement)) return undefined;
  return (target) => matches(patterns, target.split("/"));
}

/** Compares two paths from their ends, as far as both go: a path may begin elsewhere, in a checkout or in a directory that the command has changed to. */
function matches(patterns: readonly (RegExp | undefined)[], target: readonly string[]): boolean {
  const firstKnown = patterns.findIndex((pattern) => pattern !== undefined);
  if (firstKnown < 0) return false;
  const known = patterns.slice(firstKnown);
  const length = Math.min(known.length, target.length);
  const pairs = known
    .slice(-length)
    .map((pattern, index) => [pattern, target.at(index - length) ?? ""] as const);
  if (!pairs.every(([pattern, segment]) => pattern === undefined || pattern.test(segment))) return false;
  return known.length === target.length || pairs.filter(([pattern]) => pattern).length > 1;
}
