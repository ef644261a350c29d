import { runInNewContext } from "node:vm";
import type { Item } from "./renovate-config.ts";
import { fitsOne } from "./renovate-rules.ts";

/** A file that a step changes. */
export interface ChangedText {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** The versions that a custom manager finds in a file, before and after a step. */
export interface Found {
  readonly path: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** How long the patterns of a manager may take, in milliseconds. */
const LIMIT = 2000;

const textsOf = ({ lists }: Item, field: string): readonly string[] =>
  (lists.get(field) ?? []).map(({ text }) => text);

const filePatterns = (manager: Item): readonly string[] => [
  ...textsOf(manager, "managerFilePatterns"),
  ...textsOf(manager, "fileMatch").map((pattern) => `/${pattern}/`),
];

/** Whether a manager reads a file, or may. Source: lib/workers/repository/extract/file-match.ts in renovatebot/renovate. */
export const readsFile = (manager: Item, path: string): boolean =>
  filePatterns(manager).some((pattern) => !isPattern(pattern) || fitsOne(path, pattern));

/** Whether a pattern is a glob or can be read as a regular expression. */
function isPattern(pattern: string): boolean {
  const [, source] = /^\/(.*)\/i?$/s.exec(pattern) ?? [];
  return source === undefined || compiled([source]) !== undefined;
}

/** The name of a custom manager in `enabledManagers`. */
export const nameOfCustom = (manager: Item): string =>
  `custom.${textsOf(manager, "customType")[0] ?? "regex"}`;

/**
 * The versions that a custom manager finds in the files that it reads; undefined if that is not known: a pattern is no regular expression of JavaScript, or takes
 * too long, while RE2, which Renovate uses, takes linear time. Source: lib/modules/manager/custom/regex/strategies.ts in renovatebot/renovate.
 */
export function foundBy(manager: Item, texts: readonly ChangedText[]): readonly Found[] | undefined {
  if (nameOfCustom(manager) !== "custom.regex" || !filePatterns(manager).every(isPattern)) return undefined;
  const patterns = compiled(textsOf(manager, "matchStrings"));
  if (patterns === undefined) return undefined;
  const isRecursive = textsOf(manager, "matchStringsStrategy").includes("recursive");
  const find = (text: string): readonly string[] =>
    isRecursive ? within([text], patterns) : patterns.flatMap((pattern) => within([text], [pattern]));
  return inTime(() =>
    texts
      .filter(({ path }) => readsFile(manager, path))
      .map(({ path, before, after }) => ({ path, before: find(before), after: find(after) })),
  );
}

function compiled(sources: readonly string[]): readonly RegExp[] | undefined {
  try {
    return sources.map((source) => new RegExp(source, "g"));
  } catch {
    return undefined;
  }
}

/** The versions that the last pattern finds in the matches of those before it. */
function within(texts: readonly string[], [pattern, ...others]: readonly RegExp[]): readonly string[] {
  if (!pattern) return [];
  const matches = texts.flatMap((text) => [...text.matchAll(pattern)]);
  if (others.length > 0)
    return within(
      matches.map(([match]) => match),
      others,
    );
  return matches.map(({ 0: match, groups }) =>
    (groups?.currentValue ?? groups?.currentDigest ?? match).replaceAll(/^["']|["']$/g, ""),
  );
}

function inTime<T>(run: () => T): T | undefined {
  try {
    // Only a script can be stopped in the middle of a regular expression.
    return runInNewContext("run()", { run }, { timeout: LIMIT }) as T;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  }
}
