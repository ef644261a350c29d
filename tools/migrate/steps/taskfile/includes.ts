import { posix } from "node:path";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { locate, type Position } from "../../../gitops/yaml/source.ts";
import { entryOrigin, isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";

/**
 * The file names that Task looks for, in the order in which it tries them. Source: https://taskfile.dev/docs/guide, "Supported file names".
 */
const NAMES = ["Taskfile", "taskfile"].flatMap((name) => [`${name}.yml`, `${name}.yaml`]);
const FILE_NAMES = [...NAMES, ...NAMES.map((name) => name.replace(".", ".dist."))];

/** An include in a Taskfile. */
export interface Include {
  readonly name: string;
  /** Undefined if the repository has no such file, or if its path is a template or an address. */
  readonly file: string | undefined;
  readonly aliases: readonly string[];
  /** Its tasks have no namespace. */
  readonly flatten: boolean;
  /** Why its tasks are not known although the file may exist; empty otherwise. */
  readonly unknown: string;
  /** The file name differs from the expected one in case only: Task finds it only on case-insensitive file systems. */
  readonly misnamed: boolean;
  readonly optional: boolean;
  readonly position: Position;
}

/** The Taskfile in a directory; undefined if there is none. */
export function taskfileAt(repository: Repository, directory: string): string | undefined {
  return FILE_NAMES.map((name) => posix.join(directory, name)).find((path) => repository.isFile(path));
}

function misnamedAt(repository: Repository, directory: string): string | undefined {
  if (!repository.isDirectory(directory)) return undefined;
  const entries = repository.entries(directory);
  const found = entries.find(({ name }) => FILE_NAMES.includes(name.toLowerCase()));
  return found && posix.join(directory, found.name);
}

/** The includes of a Taskfile. */
export function includesOf(repository: Repository, file: string, fields: Mapping): readonly Include[] {
  const { includes } = fields;
  if (!isMapping(includes)) return [];
  return Object.entries(includes).map(([name, value]) => {
    const written = isMapping(value) ? value.taskfile : value;
    const unknown = typeof written === "string" ? whyUnknown(written) : "";
    const path =
      typeof written === "string" && unknown === ""
        ? repository.resolve(posix.dirname(file), written)
        : undefined;
    const found = path === undefined || repository.isFile(path) ? path : taskfileAt(repository, path);
    const misnamed = found === undefined && path !== undefined ? misnamedAt(repository, path) : undefined;
    return {
      name,
      file: found ?? misnamed,
      aliases: textsIn(isMapping(value) ? value.aliases : undefined),
      flatten: isMapping(value) && value.flatten === true,
      unknown,
      misnamed: misnamed !== undefined,
      optional: isMapping(value) && value.optional === true,
      position: locate(entryOrigin(includes, name)),
    };
  });
}

function whyUnknown(path: string): string {
  if (path.includes("{{")) return "its path is a template";
  return /^(?:[\w+.-]+:\/\/|git@)/.test(path) ? "its file is not in the repository" : "";
}

/** The texts in a list. */
export function textsIn(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
