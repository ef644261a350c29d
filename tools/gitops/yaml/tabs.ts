import { isCollection, isScalar, Scalar, visit, type Document, type Node } from "yaml";

/** Matches a block scalar without an indentation indicator whose first line that is not blank starts with a tab, perhaps after spaces. */
const TAB_FIRST = /^[|>][-+]?[ \t]*(?:#.*)?\r?\n(?: *\r?\n)* *(?=\t)/;

/**
 * The offset of the first tab that indents a line outside scalars and flow collections, or the first line of a block scalar; -1 if there is none. The YAML specification and the `yaml` package allow
 * it in a line without content and in a scalar, but go-yaml rejects it. Source: yaml_parser_scan_to_next_token and yaml_parser_scan_block_scalar_breaks in scannerc.go.
 */
export function indentingTab(text: string, documents: readonly Document[]): number {
  const tabs = [...text.matchAll(/^ *\t/gm)].map(({ 0: indent, index }) => index + indent.length - 1);
  if (tabs.length === 0) return -1;
  const allowed: (readonly [start: number, end: number])[] = [];
  const refused: number[] = [];
  for (const document of documents)
    visit(document, {
      Node: (_key, node, path) => {
        const isFlow = isScalar(node) || (isCollection(node) && node.flow === true);
        if (!isFlow || !node.range) return;
        const [start, end] = node.range;
        allowed.push([start + (TAB_FIRST.exec(text.slice(start, end))?.[0].length ?? 0), end]);
        if (isScalar(node) && node.type === Scalar.PLAIN) refused.push(...tabsOf(node, path, { tabs, text }));
      },
    });
  const isAllowed = (tab: number): boolean => allowed.some(([start, end]) => start < tab && tab < end);
  return tabs.find((tab) => refused.includes(tab) || !isAllowed(tab)) ?? -1;
}

interface Tabs {
  readonly tabs: readonly number[];
  readonly text: string;
}

/** The tabs in or after a plain scalar in a flow collection that are not deeper than the block around it. Source: yaml_parser_scan_plain_scalar in scannerc.go. */
function tabsOf({ range }: Scalar, path: readonly unknown[], { tabs, text }: Tabs): readonly number[] {
  const collections = path.filter((parent) => isCollection(parent));
  const block: Node | undefined = collections.findLast(({ flow }) => flow !== true);
  if (!range || !block?.range || collections.at(-1) === block) return [];
  const columnOf = (offset: number): number => offset - (text.lastIndexOf("\n", offset - 1) + 1);
  const column = columnOf(block.range[0]);
  const end = range[1] + text.slice(range[1]).search(/\S|$/);
  return tabs.filter((tab) => range[0] < tab && tab < end && columnOf(tab) <= column);
}
