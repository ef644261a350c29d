import { isCollection, isScalar, visit, type Document } from "yaml";

/**
 * The offset of the first tab that indents a line outside scalars and flow collections; -1 if there is none. The YAML specification and the `yaml` package allow
 * one in a line without content, but go-yaml rejects it. Source: yaml_parser_scan_to_next_token in scannerc.go.
 */
export function indentingTab(text: string, documents: readonly Document[]): number {
  const tabs = [...text.matchAll(/^ *\t/gm)].map(({ 0: indent, index }) => index + indent.length - 1);
  if (tabs.length === 0) return -1;
  const allowed: (readonly [start: number, end: number])[] = [];
  for (const document of documents)
    visit(document, {
      Node: (_key, node) => {
        const isFlow = isScalar(node) || (isCollection(node) && node.flow === true);
        if (isFlow && node.range) allowed.push([node.range[0], node.range[1]]);
      },
    });
  return tabs.find((tab) => !allowed.some(([start, end]) => start < tab && tab < end)) ?? -1;
}
