import { posix } from "node:path";
import { settingsIn, type Item } from "./renovate-config.ts";

/** A rule of `packageRules`, or the list `ignoreDeps`, which is a rule by names. */
export type RenovateRule = Item;

/** What Renovate knows about a chart by its manager for Flux. */
export interface Dependency {
  readonly depName: string;
  readonly packageName: string;
  readonly datasource: "helm" | "docker";
}

/** The rules in a configuration of Renovate or a preset, wherever they are nested; none if it is neither. */
export const rulesIn = (text: string): readonly RenovateRule[] =>
  settingsIn(text, ["packageRules", "ignoreDeps"]).flatMap(({ name, line, entries, items }) =>
    name === "packageRules" ? items : [{ line, lists: new Map([["matchDepNames", entries]]) }],
  );

/** The lists of names, and how Renovate reads their entries; the older ones are those into which it migrates them. */
const NAMES: Readonly<Record<string, readonly [keyof Dependency, (text: string) => string]>> = {
  matchDatasources: ["datasource", (text) => text],
  matchPackageNames: ["packageName", (text) => text],
  matchPackagePatterns: ["packageName", (text) => `/${text}/`],
  matchPackagePrefixes: ["packageName", (text) => `${text}**`],
  excludePackageNames: ["packageName", (text) => `!${text}`],
  excludePackagePatterns: ["packageName", (text) => `!/${text}/`],
  excludePackagePrefixes: ["packageName", (text) => `!${text}**`],
  matchDepNames: ["depName", (text) => text],
  matchDepPatterns: ["depName", (text) => `/${text}/`],
  matchDepPrefixes: ["depName", (text) => `${text}**`],
  excludeDepNames: ["depName", (text) => `!${text}`],
  excludeDepPatterns: ["depName", (text) => `!/${text}/`],
};

/**
 * Whether a rule's names and datasources fit a chart; its other conditions are not looked at. Source: lib/util/package-rules and lib/util/string-match.ts in
 * renovatebot/renovate.
 */
export function fits({ lists }: RenovateRule, dependency: Dependency): boolean {
  const managers = (lists.get("matchManagers") ?? []).map(({ text }) => text);
  if (managers.length > 0 && !fitsList("flux", managers)) return false;
  const known = Object.entries(NAMES).flatMap(([field, [of, read]]) =>
    (lists.get(field) ?? []).map(({ text }) => ({ of, pattern: read(text) })),
  );
  return [...Map.groupBy(known, ({ of }) => of)].every(([of, own]) =>
    fitsList(
      dependency[of],
      own.map(({ pattern }) => pattern),
    ),
  );
}

/** The line of the entry by which a rule fits a chart, or of the rule. */
export function lineFor({ lists, line }: RenovateRule, dependency: Dependency): number {
  const entries = Object.entries(NAMES)
    .toReversed()
    .flatMap(([field, [of, read]]) =>
      (lists.get(field) ?? []).map((entry) => ({ ...entry, of, pattern: read(entry.text) })),
    );
  const entry = entries.find(
    ({ of, pattern }) => !pattern.startsWith("!") && fitsOne(dependency[of], pattern),
  );
  return entry?.line ?? line;
}

function fitsList(value: string, patterns: readonly string[]): boolean {
  const { negative = [], positive = [] } = Object.groupBy(patterns, (pattern) =>
    pattern.startsWith("!") ? "negative" : "positive",
  );
  return (
    (positive.length === 0 || positive.some((pattern) => fitsOne(value, pattern))) &&
    negative.every((pattern) => !fitsOne(value, pattern.slice(1)))
  );
}

/** Whether a value fits a pattern: a regular expression between slashes, or a glob. */
export function fitsOne(value: string, pattern: string): boolean {
  const [, source, flags] = /^\/(.*)\/(i?)$/s.exec(pattern) ?? [];
  if (source === undefined)
    return pattern === "*" || posix.matchesGlob(value.toLowerCase(), pattern.toLowerCase());
  try {
    return new RegExp(source, flags).test(value);
  } catch {
    // RE2, which Renovate uses, has forms that JavaScript lacks, such as (?i).
    return false;
  }
}
