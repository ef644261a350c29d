import { posix } from "node:path";
import { documentTexts } from "../gitops/edit/document-places.ts";
import { isKustomizationFile, isYamlFile } from "../gitops/yaml/paths.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { oncePer } from "../../lib/once-per.ts";
import { yamlFilesIn } from "../gitops/yaml/yaml-files.ts";
import type { FileChange, Note } from "./step.ts";

/**
 * Adds the comment that names its schema to each new document whose neighbours have one. The schema is that of the same kind elsewhere in the
 * repository or, on a site that the neighbours use, or else the most other documents, the file that is named after the kind.
 */
export function withSchemaComments(
  changes: readonly FileChange[],
  repository: Repository,
): readonly FileChange[] {
  return changes.map(({ path, text }) => {
    if (text === undefined || !isYamlFile(path)) return { path, text };
    const known = new Set(documentsIn(fileText(repository, path) ?? "").map(({ id }) => id));
    const parts = documentsIn(text).map((document) =>
      document.kind === "" || known.has(document.id) ? document.text : commented(document, path, repository),
    );
    return { path, text: parts.join("") };
  });
}

interface Document {
  /** With its `---`, if it has one. */
  readonly text: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Kind and name. */
  readonly id: string;
  /** The address of its schema; empty if no comment names one. */
  readonly schema: string;
}

const SCHEMA = /^# yaml-language-server: \$schema=(\S+)[ \t]*\r?\n/m;

function documentsIn(text: string): readonly Document[] {
  return documentTexts(text).map((part) => {
    const field = (pattern: RegExp): string => pattern.exec(part)?.[1] ?? "";
    const kind = field(/^kind: ([A-Za-z0-9]+)/m);
    const name = field(/^ +name: (?:&\S+ )?(.+?)\r?$/m);
    return {
      text: part,
      apiVersion: field(/^apiVersion: ([a-z0-9./]+)/m),
      kind,
      name,
      id: `${kind} ${name}`,
      schema: field(SCHEMA),
    };
  });
}

function commented(document: Document, path: string, repository: Repository): string {
  const { text, apiVersion, kind, schema } = document;
  const near = neighbours(posix.dirname(path), repository);
  if (near.length === 0) return text;
  const sites = [...near.flatMap(sitesOf), ...commonSite(repository)];
  const files = apiVersion.includes(".") ? sites.map((site) => site + fileOf(document)) : [];
  const own = [schemasOf(repository).get(`${apiVersion} ${kind}`), ...files].find(
    (one) => one !== undefined && isOfVersion(one, apiVersion),
  );
  if (own === undefined || own === schema) return text;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const line = `# yaml-language-server: $schema=${own}${newline}`;
  return schema === ""
    ? text.replace(/^(?:---[^\n]*\n)?/, (start) => start + line)
    : text.replace(SCHEMA, () => line);
}

/** Whether a schema does not name another version than that of its object. */
function isOfVersion(schema: string, apiVersion: string): boolean {
  const [, version] = /[-_](v\d+(?:(?:alpha|beta)\d+)?)\.json$/.exec(schema) ?? [];
  return version === undefined || version === apiVersion.slice(apiVersion.indexOf("/") + 1);
}

/** The file for a kind on a site with the schemas of custom resources. */
function fileOf({ apiVersion, kind }: Pick<Document, "apiVersion" | "kind">): string {
  const [group = "", version = ""] = apiVersion.split("/");
  return `/${group}/${kind.toLowerCase()}_${version}.json`;
}

/** The address before the file, if that is named after the document's kind. */
const sitesOf = (document: Document): readonly string[] =>
  document.schema.endsWith(fileOf(document)) ? [document.schema.slice(0, -fileOf(document).length)] : [];

/** The site that most documents of a repository use, if any do. */
const commonSite = oncePer((repository: Repository): readonly string[] =>
  mostFrequent([...commentedIn(repository).values()].flat().flatMap(sitesOf)),
);

/** The item that a list contains most often; none if the list is empty. */
function mostFrequent(list: readonly string[]): readonly string[] {
  const uses = Map.groupBy(list, (item) => item);
  return [...uses.keys()]
    .toSorted((a, b) => (uses.get(b)?.length ?? 0) - (uses.get(a)?.length ?? 0))
    .slice(0, 1);
}

/** Notes on the documents that others replace and whose line with the schema is gone, because none is known for the new kind. */
export function schemaNotes(changes: readonly FileChange[], repository: Repository): readonly Note[] {
  return changes.flatMap(({ path, text }) => {
    const old = fileText(repository, path) ?? "";
    if (text === undefined || !isYamlFile(path) || !SCHEMA.test(old)) return [];
    const [before, after] = [documentsIn(old), documentsIn(text)];
    const bare = after.filter(
      ({ id, kind, schema }) => kind !== "" && schema === "" && !before.some((one) => one.id === id),
    );
    return before
      .filter(({ id, schema }) => schema !== "" && !after.some((one) => one.id === id))
      .flatMap(({ text: own, schema, kind, name }): readonly Note[] => {
        const [successor] = bare.filter((one) => one.name === name);
        if (!successor) return [];
        const line = old.slice(0, old.indexOf(own) + own.search(SCHEMA)).split("\n").length;
        const message = `the line that names the schema of ${kind} ${name} is removed with it, and this repository names none for ${successor.kind}: ${schema}`;
        return [{ kind: "removed", message, position: { file: path, line, column: 1 } }];
      });
  });
}

/** The documents that name their schema, in a directory; for one that has only a kustomization, in the directories next to it. */
function neighbours(directory: string, repository: Repository): readonly Document[] {
  const known = commentedIn(repository);
  const files = repository.entries(directory).map(({ name }) => name);
  if (files.some((name) => isYamlFile(name) && !isKustomizationFile(name))) return known.get(directory) ?? [];
  const parent = posix.dirname(directory);
  return [...known].flatMap(([other, documents]) =>
    other !== parent && posix.dirname(other) === parent ? documents : [],
  );
}

const commentedIn = oncePer((repository: Repository): ReadonlyMap<string, readonly Document[]> => {
  const documents = yamlFilesIn(repository)
    .map((file) => ({ directory: posix.dirname(file), text: fileText(repository, file) ?? "" }))
    .filter(({ text }) => SCHEMA.test(text))
    .map(({ directory, text }) => ({
      directory,
      own: documentsIn(text).filter(({ schema }) => schema !== ""),
    }));
  const byDirectory = Map.groupBy(documents, ({ directory }) => directory);
  return new Map([...byDirectory].map(([directory, all]) => [directory, all.flatMap(({ own }) => own)]));
});

/** The most frequent schema of each kind that does not name another version, by `apiVersion kind`. */
const schemasOf = oncePer((repository: Repository): ReadonlyMap<string, string> => {
  const all = [...commentedIn(repository).values()]
    .flat()
    .filter(({ schema, apiVersion }) => isOfVersion(schema, apiVersion));
  const byKind = Map.groupBy(all, ({ apiVersion, kind }) => `${apiVersion} ${kind}`);
  return new Map(
    [...byKind].map(([kind, documents]) => {
      const [most = ""] = mostFrequent(documents.map(({ schema }) => schema));
      return [kind, most];
    }),
  );
});
