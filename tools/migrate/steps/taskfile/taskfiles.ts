import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, type Position } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { textFiles } from "../../text-files.ts";
import { callsIn, mayMean } from "./calls.ts";
import { includesOf, taskfileAt, textsIn, type Include } from "./includes.ts";

/** A task, by the name that the root uses. */
export interface Task {
  readonly name: string;
  /** Every name by which it can be called from the root: with its aliases and those of its includes; `*` stands for anything. */
  readonly names: readonly string[];
  /** The name in its own file. */
  readonly key: string;
  readonly file: string;
  /** The root's include that provides it; empty for the root's own tasks. */
  readonly include: string;
  readonly description: string;
  readonly calls: readonly string[];
  readonly position: Position;
}

/** Tasks that an include, or one in its file, provides, and whose names are not known. */
export interface UnknownTasks {
  /** The root's include that leads to them. */
  readonly include: string;
  readonly namespaces: readonly string[];
  readonly flatten: boolean;
}

/** The Taskfiles, starting at the root. */
export interface Taskfiles {
  readonly root: string;
  readonly includes: readonly Include[];
  readonly tasks: readonly Task[];
  readonly unknown: readonly UnknownTasks[];
  /** The files of each of the root's includes, in the order in which Task merges their variables. */
  readonly filesOf: ReadonlyMap<string, readonly string[]>;
  /** Top-level mapping of each file. */
  readonly files: ReadonlyMap<string, Mapping>;
}

/** Reads the root Taskfile and its includes; undefined if there is none or it cannot be parsed. */
export function readTaskfiles(repository: Repository): Taskfiles | undefined {
  const root = taskfileAt(repository, ".");
  const fields = root === undefined ? undefined : mappingOf(repository, root);
  if (root === undefined || !fields) return undefined;
  const found: Found = {
    files: new Map([[root, fields]]),
    tasks: [...tasksOf(fields, root, [""], "")],
    unknown: [],
    filesOf: new Map(),
  };
  const includes = includesOf(repository, root, fields);
  for (const include of includes)
    read(repository, include, { parents: [""], include: include.name, includedBy: [root] }, found);
  return { root, includes, ...found };
}

/** What has been read so far. */
interface Found {
  readonly files: Map<string, Mapping>;
  readonly tasks: Task[];
  readonly unknown: UnknownTasks[];
  readonly filesOf: Map<string, string[]>;
}

function read(
  repository: Repository,
  entry: Include,
  at: {
    readonly parents: readonly string[];
    /** The root's include that leads to it. */
    readonly include: string;
    /** The files that lead to this one. A file may be included several times under different names, but not by itself. */
    readonly includedBy: readonly string[];
  },
  found: Found,
): void {
  const { include } = at;
  const { file, flatten } = entry;
  const namespaces = namespacesOf(entry, at.parents);
  if (file !== undefined && at.includedBy.includes(file)) return;
  const fields = file === undefined ? undefined : mappingOf(repository, file);
  if (file === undefined || !fields) {
    found.unknown.push({ include, namespaces, flatten });
    return;
  }
  found.files.set(file, fields);
  found.filesOf.set(include, [...(found.filesOf.get(include) ?? []), file]);
  found.tasks.push(...tasksOf(fields, file, namespaces, include));
  const below = { parents: namespaces, include, includedBy: [...at.includedBy, file] };
  for (const nested of includesOf(repository, file, fields)) read(repository, nested, below, found);
}

/** The namespaces of an include's tasks, the one from its own name first; empty for the root's own. */
function namespacesOf({ name, aliases, flatten }: Include, parents: readonly string[]): readonly string[] {
  if (flatten) return parents;
  return parents.flatMap((parent) => [name, ...aliases].map((own) => within(parent, own)));
}

const within = (namespace: string, name: string): string =>
  namespace === "" ? name : `${namespace}:${name}`;

/** Where other Taskfiles, which the root does not include, include these files. */
export function includedElsewhere(
  repository: Repository,
  { files }: Taskfiles,
): ReadonlyMap<string, Position> {
  const others = textFiles(repository).filter(
    (file) =>
      /\.ya?ml$/.test(file) && !files.has(file) && /^includes:/m.test(fileText(repository, file) ?? ""),
  );
  return new Map(
    others
      .flatMap((file) => includesOf(repository, file, mappingOf(repository, file) ?? {}))
      .flatMap(({ file, position }) => (file !== undefined && files.has(file) ? [[file, position]] : [])),
  );
}

function mappingOf(repository: Repository, file: string): Mapping | undefined {
  const { documents, errors } = repository.parse(file);
  const value = documents[0]?.value;
  return errors.length === 0 && documents.length === 1 && isMapping(value) ? value : undefined;
}

function tasksOf(
  fields: Mapping,
  file: string,
  namespaces: readonly string[],
  include: string,
): readonly Task[] {
  const { tasks } = fields;
  if (!isMapping(tasks)) return [];
  const [namespace = ""] = namespaces;
  return Object.entries(tasks).map(([key, task]: [string, Value]) => {
    const own = [key, ...textsIn(isMapping(task) ? task.aliases : undefined)];
    return {
      name: within(namespace, key),
      names: namespaces.flatMap((one) => own.map((name) => within(one, name))),
      key,
      file,
      include,
      description: isMapping(task) && typeof task.desc === "string" ? task.desc : "",
      calls: callsIn(task).map(({ name, local }) => {
        if (!local) return name;
        return name.startsWith(":") ? name.slice(1) : within(namespace, name);
      }),
      position: locate(entryOrigin(tasks, key)),
    };
  });
}

/** The tasks that a call may mean; its name may contain templates. */
export function tasksCalled(tasks: readonly Task[], call: string): readonly Task[] {
  return tasks.filter(({ names }) =>
    names.some((name) => mayMean(call, name) || mayMean(`${call}:default`, name)),
  );
}

/** The root's includes with tasks that are not known, and that a call may mean. */
export function unknownIncludesCalled({ unknown, tasks }: Taskfiles, call: string): readonly string[] {
  const isKnown = tasksCalled(tasks, call).length > 0;
  return unknown
    .filter(({ namespaces, flatten }) =>
      namespaces.some((namespace) => {
        if (flatten && isKnown) return false;
        return namespace === "" || call === namespace || mayMean(call, `${namespace}:*`);
      }),
    )
    .map(({ include }) => include);
}
