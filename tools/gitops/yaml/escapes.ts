import { isScalar, Scalar, visit, type Document } from "yaml";

/** Matches one escape, and in its group one that JSON and YAML 1.2 have, but go-yaml does not: a slash, or half of a pair of surrogates. */
const ESCAPE = /\\(?:(\/|u[dD][89a-fA-F])|[^])/g;

/** The offset of the first escape that go-yaml rejects; -1 if there is none. Source: yaml_parser_scan_flow_scalar in scannerc.go. */
export function refusedEscape(text: string, documents: readonly Document[]): number {
  if (!/\\(?:\/|u[dD])/.test(text)) return -1;
  const found: number[] = [];
  for (const document of documents)
    visit(document, {
      Node: (_key, node) => {
        if (!isScalar(node) || node.type !== Scalar.QUOTE_DOUBLE || !node.range) return;
        const [start, end] = node.range;
        for (const { index, 1: refused } of text.slice(start, end).matchAll(ESCAPE))
          if (refused !== undefined) found.push(start + index);
      },
    });
  return found[0] ?? -1;
}
