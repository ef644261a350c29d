import { isAlias, isScalar, type Node } from "yaml";
import { anchorOf, nodesIn, rootsOf } from "./entry-places.ts";
import { applyEdits, type TextEdit } from "./text-edit.ts";

/** Without one of these characters, a text has neither anchors nor aliases, and need not be searched. */
const MARK = /[&*]/;

/** The text of a plain or quoted scalar on one line, or of an alias, without its anchor; undefined for any other node. */
export function scalarSource(text: string, node: Node | null): string | undefined {
  if (node?.range == null || (!isAlias(node) && !isScalar(node))) return undefined;
  if (isScalar(node) && (node.tag !== undefined || node.type?.startsWith("BLOCK") === true)) return undefined;
  const source = text.slice(node.range[0], node.range[1]);
  return source === "" || source.includes("\n") ? undefined : source;
}

/** The anchors in a node and the text of the scalars that they mark; undefined for collections, and for scalars that cannot be written elsewhere. */
export function anchorsIn(text: string, node: Node | null): ReadonlyMap<string, string | undefined> {
  if (!MARK.test(text)) return new Map();
  const anchored = Map.groupBy(nodesIn(node), anchorOf);
  return new Map(
    [...anchored].flatMap(([name, [first = null, ...others]]) =>
      // If an anchor is defined twice, each alias means another value.
      name === undefined ? [] : [[name, others.length > 0 ? undefined : scalarSource(text, first)] as const],
    ),
  );
}

/** What the aliases in moved lines may refer to. */
export interface Anchors {
  /** Anchors before the lines' new position. */
  readonly standing: ReadonlySet<string>;
  /** Anchors that go with the old form, as {@link anchorsIn} returns them. */
  readonly going: ReadonlyMap<string, string | undefined>;
  /** All anchors in the document of the old form. */
  readonly all: ReadonlyMap<string, string | undefined>;
}

/**
 * Adapts the anchors and aliases in lines to a new place: the first use of an anchor that goes defines it, and every later one is an alias. An alias to an
 * anchor that is only available elsewhere is replaced by the value.
 * @returns the name of an anchor if an alias refers to something that cannot be written here
 */
export function settleAnchors(
  lines: string,
  { standing, going, all }: Anchors,
): { readonly text: string } | { readonly anchor: string } {
  if (!MARK.test(lines)) return { text: lines };
  const defined = new Set(standing);
  const edits: TextEdit[] = [];
  for (const node of rootsOf(lines).flatMap(nodesIn)) {
    const [start = 0, end = 0] = node.range ?? [];
    const anchor = anchorOf(node);
    if (isAlias(node) && !defined.has(node.source)) {
      const source = all.get(node.source);
      if (source === undefined || source.startsWith("*")) return { anchor: node.source };
      const isMoving = going.has(node.source);
      edits.push({ start, end, text: isMoving ? `&${node.source} ${source}` : source });
      if (isMoving) defined.add(node.source);
    } else if (anchor !== undefined && defined.has(anchor)) {
      if (scalarSource(lines, node) === undefined) return { anchor };
      edits.push({ start: lines.lastIndexOf(`&${anchor}`, start), end, text: `*${anchor}` });
    } else if (anchor !== undefined) defined.add(anchor);
  }
  return { text: applyEdits(lines, edits) };
}

/** The anchors and aliases in lines, as they are written. */
export function marksIn(lines: string): readonly string[] {
  if (!MARK.test(lines)) return [];
  return rootsOf(lines)
    .flatMap(nodesIn)
    .flatMap((node) => {
      const anchor = anchorOf(node);
      if (isAlias(node)) return [`*${node.source}`];
      return anchor === undefined ? [] : [`&${anchor}`];
    });
}

/** The names of the aliases that start before an offset and are outside nodes that go. */
export function aliasesBefore(
  root: Node | null,
  values: readonly (Node | null)[],
  offset: number,
): ReadonlySet<string> {
  const going = new Set(values.flatMap(nodesIn));
  const aliases = nodesIn(root).filter(isAlias);
  return new Set(
    aliases
      .filter((alias) => !going.has(alias) && (alias.range?.[0] ?? offset) < offset)
      .map(({ source }) => source),
  );
}

/** Nodes that go, in a text with these roots. */
interface Going {
  readonly text: string;
  readonly roots: readonly (Node | null)[];
  readonly values: readonly (Node | null)[];
  /** Lines that take the place of the nodes; without them, no anchor moves. */
  readonly moved: string | undefined;
}

/** The edits by which the first alias elsewhere becomes the anchor, unless the moved lines define it; undefined if an anchor cannot move. */
export function freedAliases({ text, roots, values, moved }: Going): readonly TextEdit[] | undefined {
  if (!MARK.test(text)) return [];
  const going = new Set(values.flatMap(nodesIn));
  const anchors = new Map(values.flatMap((value) => [...anchorsIn(text, value)]));
  const own = roots.map(nodesIn).filter((nodes) => nodes.some((node) => going.has(node)));
  const staying = own.flat().filter((node) => !going.has(node));
  const referring = staying.filter(isAlias).filter(({ source }) => anchors.has(source));
  if (referring.length === 0) return [];
  if (moved === undefined) return undefined;
  const defined = new Set(marksIn(moved));
  const edits: TextEdit[] = [];
  for (const [name, aliases] of Map.groupBy(referring, ({ source }) => source)) {
    if (staying.some((node) => anchorOf(node) === name)) return undefined;
    if (defined.has(`&${name}`)) continue;
    const source = anchors.get(name);
    const [start, end] = aliases[0]?.range ?? [];
    if (source === undefined || source.startsWith("*") || start === undefined || end === undefined)
      return undefined;
    edits.push({ start, end, text: `&${name} ${source}` });
  }
  return edits;
}
