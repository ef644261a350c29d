import { posix } from "node:path";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, type Position } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { textFiles } from "../../text-files.ts";
import { callsIn, mayMean } from "./calls.ts";

/**
 * The file names that Task looks for, in the order in which it tries them. Source: https://taskfile.dev/docs/guide, "Supported file names".
 */
const NAMES = ["Taskfile", "taskfile"].flatMap((name) => [`${name}.yml`, `${name}.yaml`]);
const FILE_NAMES = [...NAMES, ...NAMES.map((name) => name.replace(".", ".dist."))];

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

/** An include in the root Taskfile. */
export interface Include {
  readonly name: string;
  /** Undefined if the repository has no such file, or if its path is a template. */
  readonly file: string | undefined;
  readonly aliases: readonly string[];
  /** Its tasks have no namespace. */
  readonly flatten: boolean;
  /** Its path contains a template, so its tasks are not known. */
  readonly isTemplate: boolean;
  /** The file name differs from the expected one in case only: Task finds it only on case-insensitive file systems. */
  readonly misnamed: boolean;
  readonly optional: boolean;
  readonly position: Position;
}

/** The Taskfiles, starting at the root. */
export interface Taskfiles {
  readonly root: string;
  readonly includes: readonly Include[];
  readonly tasks: readonly Task[];
  /** Top-level mapping of each file. */
  readonly files: ReadonlyMap<string, Mapping>;
}

/** Reads the root Taskfile and its includes; undefined if there is none or it cannot be parsed. */
export function readTaskfiles(repository: Repository): Taskfiles | undefined {
  const root = taskfileAt(repository, ".");
  const fields = root === undefined ? undefined : mappingOf(repository, root);
  if (root === undefined || !fields) return undefined;
  const files = new Map([[root, fields]]);
  const tasks = [...tasksOf(fields, root, [""], "")];
  const includes = includesOf(repository, root, fields);
  for (const include of includes) {
    const { name, file } = include;
    const namespaces = namespacesOf(include, [""]);
    if (file !== undefined)
      tasks.push(...read(repository, file, { namespaces, include: name, files, includedBy: [root] }));
  }
  return { root, includes, tasks, files };
}

function read(
  repository: Repository,
  file: string,
  at: {
    namespaces: readonly string[];
    include: string;
    files: Map<string, Mapping>;
    /** The files that lead to this one. A file may be included several times under different names, but not by itself. */
    includedBy: readonly string[];
  },
): readonly Task[] {
  const { namespaces, include, files } = at;
  const fields = at.includedBy.includes(file) ? undefined : mappingOf(repository, file);
  if (!fields) return [];
  files.set(file, fields);
  const includedBy = [...at.includedBy, file];
  const below = includesOf(repository, file, fields).flatMap((nested) =>
    nested.file === undefined
      ? []
      : read(repository, nested.file, {
          namespaces: namespacesOf(nested, namespaces),
          include,
          files,
          includedBy,
        }),
  );
  return [...tasksOf(fields, file, namespaces, include), ...below];
}

/** The namespaces of an include's tasks, the one from its own name first; empty for the root's own. */
export function namespacesOf(
  { name, aliases, flatten }: Include,
  parents: readonly string[],
): readonly string[] {
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

function taskfileAt(repository: Repository, directory: string): string | undefined {
  return FILE_NAMES.map((name) => posix.join(directory, name)).find((path) => repository.isFile(path));
}

function misnamedAt(repository: Repository, directory: string): string | undefined {
  if (!repository.isDirectory(directory)) return undefined;
  const entries = repository.entries(directory);
  const found = entries.find(({ name }) => FILE_NAMES.includes(name.toLowerCase()));
  return found && posix.join(directory, found.name);
}

function includesOf(repository: Repository, file: string, fields: Mapping): readonly Include[] {
  const { includes } = fields;
  if (!isMapping(includes)) return [];
  return Object.entries(includes).map(([name, value]) => {
    const written = isMapping(value) ? value.taskfile : value;
    const isTemplate = typeof written === "string" && written.includes("{{");
    const path =
      typeof written === "string" && !isTemplate
        ? repository.resolve(posix.dirname(file), written)
        : undefined;
    const found = path === undefined || repository.isFile(path) ? path : taskfileAt(repository, path);
    const misnamed = found === undefined && path !== undefined ? misnamedAt(repository, path) : undefined;
    return {
      name,
      file: found ?? misnamed,
      aliases: textsIn(isMapping(value) ? value.aliases : undefined),
      flatten: isMapping(value) && value.flatten === true,
      isTemplate,
      misnamed: misnamed !== undefined,
      optional: isMapping(value) && value.optional === true,
      position: locate(entryOrigin(includes, name)),
    };
  });
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

function textsIn(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** The tasks that a call may mean; its name may contain templates. */
export function tasksCalled(tasks: readonly Task[], call: string): readonly Task[] {
  return tasks.filter(({ names }) =>
    names.some((name) => mayMean(call, name) || mayMean(`${call}:default`, name)),
  );
}

/** The includes whose tasks are not known, and that a call may mean. */
export function unknownIncludesCalled(
  { includes, files, tasks }: Taskfiles,
  call: string,
): readonly Include[] {
  const isKnown = tasksCalled(tasks, call).length > 0;
  return includes
    .filter(({ file }) => file === undefined || !files.has(file))
    .filter((include) =>
      include.flatten
        ? !isKnown
        : namespacesOf(include, [""]).some(
            (namespace) => call === namespace || mayMean(call, `${namespace}:*`),
          ),
    );
}
