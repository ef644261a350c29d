import { isMap, isScalar, isSeq, LineCounter, visit, type Node, type YAMLMap } from "yaml";
import { oncePer } from "../../../../lib/once-per.ts";
import { parseDocument } from "../../../../lib/quiet-yaml.ts";
import { searchedText } from "../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { textFiles } from "../../text-files.ts";

/** A text in a list of Renovate's configuration. */
export interface Entry {
  readonly text: string;
  readonly line: number;
}

/** A mapping in Renovate's configuration. */
export interface Item {
  readonly line: number;
  /** The entries of its lists, by field; a single text counts as a list. */
  readonly lists: ReadonlyMap<string, readonly Entry[]>;
}

/** An option of Renovate whose value is a list or a mapping. */
export interface Setting {
  readonly name: string;
  readonly line: number;
  /** The texts in the list. */
  readonly entries: readonly Entry[];
  /** The mappings in the list, or the mapping itself. */
  readonly items: readonly Item[];
}

/** A file that may be a configuration of Renovate or a preset. */
export interface ConfigFile {
  readonly file: string;
  readonly text: string;
}

/** All files of a repository that may be a configuration of Renovate or a preset. */
export const configFiles = oncePer((repository: Repository): readonly ConfigFile[] =>
  textFiles(repository)
    .filter((file) => /\.json[5c]?$|(?:^|\/)\.renovaterc$/.test(file))
    .map((file) => ({ file, text: searchedText(repository, file) })),
);

/** Whether Renovate reads a file without a configuration that names it. Source: lib/config/app-strings.ts in renovatebot/renovate. */
export const isOwnConfig = (file: string): boolean =>
  /^(?:\.git(?:hub|lab)\/)?(?:renovate\.json[5c]?|\.renovaterc(?:\.json[5c]?)?)$|^package\.json$/.test(file);

/** JSON5 as YAML in flow style, with the same lines: without comments and tabs, and with double quotes. */
const asYaml = (json5: string): string =>
  json5.replace(
    /"(?:\\[^]|[^"\\])*"|'((?:\\[^]|[^'\\])*)'|\/\/.*|\/\*[^]*?\*\/|[\t:]/g,
    (token, single?: string) => {
      if (single !== undefined)
        return `"${single.replace(/\\[^]|"/g, (one) => ({ '"': '\\"', "\\'": "'" })[one] ?? one)}"`;
      if (token.startsWith('"')) return token;
      if (token === "\t") return " ";
      return token === ":" ? ": " : token.replace(/./g, " ");
    },
  );

/** The options with these names in a configuration of Renovate or a preset, wherever they are nested; none if it is neither. */
export function settingsIn(text: string, names: readonly string[]): readonly Setting[] {
  if (!names.some((name) => text.includes(name))) return [];
  const lines = new LineCounter();
  const document = parseDocument(asYaml(text), { lineCounter: lines, uniqueKeys: false });
  const lineOf = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line;
  const entriesOf = (node: unknown): readonly Entry[] =>
    (isSeq(node) ? node.items : [node]).flatMap((item) =>
      isScalar(item) && typeof item.value === "string" ? [{ text: item.value, line: lineOf(item) }] : [],
    );
  const itemOf = (map: YAMLMap): Item => ({
    line: lineOf(map),
    lists: new Map(map.items.map(({ key, value }) => [String(key), entriesOf(value)])),
  });
  const settings: Setting[] = [];
  visit(document, {
    Pair(_, { key, value }) {
      const name = String(key);
      if (!names.includes(name) || !(isSeq(value) || isMap(value))) return;
      const nodes: readonly unknown[] = isSeq(value) ? value.items : [value];
      const items = nodes.filter((item) => isMap(item)).map(itemOf);
      settings.push({ name, line: lineOf(value), entries: entriesOf(value), items });
    },
  });
  return settings;
}
