import { posix } from "node:path";
import { firstOf } from "../../../../lib/counted.ts";
import { searchedText } from "../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import type { FileChange, Note, StepContext } from "../../step.ts";
import { configFiles, isOwnConfig, settingsIn, type Entry, type Item } from "./renovate-config.ts";
import { foundBy, nameOfCustom, readsFile, type ChangedText, type Found } from "./renovate-custom.ts";

/** A chart that moves. */
export interface MovedChart {
  readonly file: string;
  readonly name: string;
  readonly version: string;
}

interface Placed<T> {
  readonly file: string;
  readonly of: T;
}

interface Enabled {
  readonly line: number;
  readonly entries: readonly Entry[];
}

/** What becomes of the managers of Renovate that update charts which move: those that find the version in the HelmRelease, and that for Flux. */
export function managerNotes(
  charts: readonly MovedChart[],
  changes: readonly FileChange[],
  { repository }: StepContext,
): readonly Note[] {
  if (charts.length === 0) return [];
  const texts = changes.map(({ path, text = "" }) => ({
    path,
    before: searchedText(repository, path),
    after: text,
  }));
  const lists = enabledLists(repository);
  const customs = customManagers(repository)
    .filter(({ of }) => lists.length === 0 || lists.some((list) => includes(list.of, nameOfCustom(of))))
    .map((manager) => ({ ...manager, found: foundBy(manager.of, texts) }));
  const unread = unreadIn(
    texts,
    customs.flatMap(({ found }) => found ?? []),
  );
  return [
    ...fluxNotes(unread, lists, charts, repository),
    ...customs.flatMap(({ file, of, found }): readonly Note[] => {
      const message = found ? lossOf(found, charts) : doubtOf(of, charts);
      if (message === undefined) return [];
      return [noteAt({ file, of }, message)];
    }),
  ];
}

/** Renovate's names of managers for custom ones were without `custom.` once. */
const includes = ({ entries }: Enabled, manager: string): boolean =>
  entries.some(({ text }) => text === manager || `custom.${text}` === manager);

/**
 * The lists of the only managers that are enabled: those of the configuration itself if it has any, because they replace those of its presets.
 * Source: `enabledManagers` in https://docs.renovatebot.com/configuration-options/
 */
function enabledLists(repository: Repository): readonly Placed<Enabled>[] {
  const all = configFiles(repository).flatMap(({ file, text }) =>
    settingsIn(text, ["enabledManagers"])
      .filter(({ entries }) => entries.length > 0)
      .map((of) => ({ file, of })),
  );
  const own = all.filter(({ file }) => isOwnConfig(file));
  return own.length > 0 ? own : all;
}

const customManagers = (repository: Repository): readonly Placed<Item>[] =>
  configFiles(repository).flatMap(({ file, text }) =>
    settingsIn(text, ["customManagers", "regexManagers"]).flatMap(({ items }) =>
      items.map((of) => ({ file, of })),
    ),
  );

/** The files of new OCIRepositories that no custom manager reads. */
const unreadIn = (texts: readonly ChangedText[], found: readonly Found[]): readonly ChangedText[] =>
  texts.filter(({ path, before, after }) => {
    const isNew = !REPOSITORY.test(before) && REPOSITORY.test(after);
    return isNew && !found.some((one) => one.path === path && one.after.length > 0);
  });

const REPOSITORY = /^kind: OCIRepository\b/m;

const noteAt = ({ file, of }: Placed<{ readonly line: number }>, message: string): Note => ({
  kind: "runbook",
  message,
  position: { file, line: of.line, column: 1 },
});

/** The lists without Renovate's manager for Flux, or the files that it does not read. */
function fluxNotes(
  unread: readonly ChangedText[],
  lists: readonly Placed<Enabled>[],
  charts: readonly MovedChart[],
  repository: Repository,
): readonly Note[] {
  if (unread.length === 0) return [];
  const without = lists.filter(({ of }) => !includes(of, "flux"));
  if (without.length > 0) return without.map((list) => noteAt(list, NO_FLUX));
  const managers = configFiles(repository)
    .filter(({ text }) => /\bflux["']?\s*:\s*\{/.test(text))
    .flatMap(({ file, text }) =>
      settingsIn(text, ["flux"]).flatMap(({ items }) => items.map((of) => ({ file, of }))),
    );
  const isRead = (path: string): boolean => managers.some(({ of }) => readsFile(of, path));
  // A chart that Renovate does not update today loses nothing.
  const missed = unread
    .filter(({ path }) => !isRead(path))
    .filter((one) => usersOf(one, charts).some(isRead));
  const manager = managers.find(({ of }) =>
    missed.some((one) => usersOf(one, charts).some((file) => readsFile(of, file))),
  );
  if (!manager) return [];
  const message = `Renovate's manager for Flux reads the file of a release that moves, but not that of its new OCIRepository: ${firstOf(missed.map(({ path }) => path))}. Extend its managerFilePatterns in the same commit`;
  return [noteAt(manager, message)];
}

/** The files of the releases whose chart a new OCIRepository fetches: those next to it, or those that share it. */
function usersOf({ path, after }: ChangedText, charts: readonly MovedChart[]): readonly string[] {
  const names = new Set([...after.matchAll(/^ *url: oci:\/\/\S*\/(\S+)$/gm)].map(([, name]) => name));
  const own = charts.filter(({ name }) => names.has(name));
  const near = own.filter(({ file }) => posix.dirname(file) === posix.dirname(path));
  return (near.length > 0 ? near : own).map(({ file }) => file);
}

const NO_FLUX =
  "enabledManagers does not contain flux, so no manager of Renovate reads the new OCIRepositories, and their charts get no updates. If they should, add flux here and their files to flux.managerFilePatterns in the same commit, or write a custom manager for them";

/** What is said of a manager that no longer finds the versions of charts; undefined if it does, also in another file. */
function lossOf(found: readonly Found[], charts: readonly MovedChart[]): string | undefined {
  const gained = new Set(found.flatMap(({ before, after }) => surplus(after, before)));
  const lost = found.flatMap(({ path, before, after }) => {
    const values = surplus(before, after).filter((value) => !gained.has(value));
    return charts.filter(({ file, version }) => file === path && values.includes(version));
  });
  return lost.length === 0
    ? undefined
    : `this custom manager of Renovate no longer finds the versions of charts that move, because they are the tags of OCIRepositories: ${named(lost)}. ${ADAPT}`;
}

/** What is said of a manager whose patterns are not understood. */
function doubtOf(manager: Item, charts: readonly MovedChart[]): string | undefined {
  const read = charts.filter(({ file }) => readsFile(manager, file));
  return read.length === 0
    ? undefined
    : `this custom manager of Renovate may no longer find the versions of charts that move, because they are the tags of OCIRepositories; its matchStrings could not be tried: ${named(read)}. ${ADAPT}`;
}

const ADAPT =
  "Adapt it in the same commit, or let Renovate's manager flux read the files of the OCIRepositories";

const named = (charts: readonly MovedChart[]): string =>
  firstOf(charts.map(({ name, file }) => `${name} (${file})`));

/** The values that a list has more often than another. */
const surplus = (values: readonly string[], others: readonly string[]): readonly string[] =>
  values.filter((value) => count(values, value) > count(others, value));

const count = (values: readonly string[], value: string): number =>
  values.filter((one) => one === value).length;
