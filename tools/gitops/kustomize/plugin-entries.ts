import { parseYaml, type ParsedText } from "../yaml/parse.ts";
import { EmbeddedText, type Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { PluginOrigin } from "./build-metadata.ts";
import type { Directory } from "./directory.ts";
import { expandLists } from "./document-objects.ts";
import { isNothing } from "./documents.ts";
import { listField } from "./lists.ts";
import { localPath } from "./local-path.ts";
import { scalarText } from "./resource.ts";

/** A directory with a kustomization. */
export interface PluginDirectory extends Directory {
  /** Builds the kustomization in another directory. */
  readonly build: (path: string, origin: Origin) => readonly Mapping[];
}

interface FileConfiguration {
  readonly config: Mapping;
  readonly file: string | undefined;
}

/**
 * The objects in a list of paths and inline objects. A directory contains a kustomization that builds them.
 * @throws BuildError for one without a name, or with the id of another, since Kustomize reads them as it reads resources
 */
export function configurations(
  fields: Mapping,
  field: string,
  directory: PluginDirectory,
): readonly FileConfiguration[] {
  const list = listField(fields, field);
  const read = [...list.keys()].map((index) => ({ index, ...readEntry(list, index, directory) }));
  // Kustomize runs the inline ones first.
  const { inline = [], files = [] } = Object.groupBy(read, ({ isInline }) => (isInline ? "inline" : "files"));
  const all = [...inline, ...files].flatMap(({ index, documents, errors, isInline }) => {
    const file = isInline ? undefined : scalarText(list[index]);
    const [error] = errors;
    if (error) throw new BuildError(error.message, error.origin, "syntax");
    return documents.flatMap(({ value, origin }) => {
      if (isNothing(value)) return [];
      if (isMapping(value)) return expandLists(value).map((config) => ({ config, file }));
      throw new BuildError("this is not a Kubernetes object", origin);
    });
  });
  requireDistinct(all);
  return all;
}

function readEntry(
  list: Value[],
  index: number,
  directory: PluginDirectory,
): ParsedText & { readonly isInline: boolean } {
  const [entry, origin] = [scalarText(list[index]), entryOrigin(list, index)];
  const inline = parseYaml(new EmbeddedText(entry, origin));
  if (
    inline.errors.length === 0 &&
    inline.documents.every(({ value }) => isMapping(value) || isNothing(value))
  )
    return { ...inline, isInline: true };
  const path = localPath(directory, entry, origin);
  if (directory.repository.isFile(path)) return { ...directory.repository.parse(path), isInline: false };
  if (directory.repository.isDirectory(path)) {
    const documents = directory.build(path, origin).map((value) => ({
      value,
      origin: originOf(value),
      oddKey: undefined,
    }));
    return { documents, errors: [], isInline: false };
  }
  throw directory.repository.absence("file or directory", path, origin);
}

function requireDistinct(all: readonly FileConfiguration[]): void {
  const seen = new Set<string>();
  for (const { config } of all) {
    const id = idOf(config);
    if (id.name === "") throw new BuildError("a plugin needs metadata.name", originOf(config));
    const key = JSON.stringify(id);
    if (seen.has(key))
      throw new BuildError(`two plugins have the same id: ${id.kind} ${id.name}`, originOf(config));
    seen.add(key);
  }
}

/** What names a plugin in an annotation. */
export function idOf({ kind, metadata }: Mapping): PluginOrigin["configuredBy"] {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  return {
    apiVersion: "builtin",
    kind: scalarText(kind),
    name: scalarText(name),
    ...(scalarText(namespace) !== "" && { namespace: scalarText(namespace) }),
  };
}
