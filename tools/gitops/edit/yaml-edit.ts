import { isAlias, isCollection, isMap, isScalar, isSeq, Scalar, stringify, type Node } from "yaml";
import { BYTE_ORDER_MARK } from "../../../lib/encoded-text.ts";
import type { PathStep } from "../yaml/values.ts";
import { aliasesBefore, anchorsIn, freedAliases, scalarSource } from "./anchors.ts";
import { commentBlocks, type CommentBlock } from "./comment-blocks.ts";
import { commentsIn } from "./comments.ts";
import { ownedComments, type OwnedComment } from "./comment-owners.ts";
import {
  documentComments,
  documentInsertion,
  documentRange,
  documentRemovals,
  documentReplacement,
  isOwnDocument,
} from "./document-places.ts";
import {
  anchorOf,
  keyText,
  nodesIn,
  pathTo,
  placeAt,
  rootsOf,
  type EntryPath,
  type EntryPlace,
} from "./entry-places.ts";
import {
  anchored,
  hindranceAt,
  NOT_SEPARATE,
  notCollection,
  notOnOwnLine,
  notPlain,
  ONLY_DOCUMENT,
  unmovable,
  WHOLE_DOCUMENT,
  type Hindrance,
  type Obstacle,
} from "./obstacles.ts";
import { flowInsertion } from "./flow-insertion.ts";
import { applyEdits, type TextEdit } from "./text-edit.ts";
import { TextLines, type TextRange } from "./text-lines.ts";

/**
 * Edits a YAML file. Only the lines that change are touched: comments, anchors, order, quoting, blank lines and line endings stay. Changes are planned against
 * the original text, and {@link text} applies them together. A method that would have to touch more (a flow collection, or an anchor that is used elsewhere)
 * plans nothing and returns false.
 */
export class YamlEdit {
  /** Whether the text starts with a byte order mark. A line end takes its place, so that the first entry is in the first column. */
  readonly #isMarked: boolean;
  /** The text as it was given. */
  readonly #parsed: string;
  readonly #text: string;
  readonly #newline: string;
  /** Whether the last line has no line ending. It gets one while the file is edited, and loses it again at the end. */
  readonly #open: boolean;
  readonly #lines: TextLines;
  readonly #edits: TextEdit[] = [];
  /** All comments, once they have been asked for. */
  #comments: readonly CommentBlock[] | undefined;
  #hindrance: Hindrance | undefined;

  constructor(given: string) {
    this.#isMarked = given.startsWith(BYTE_ORDER_MARK);
    const text = this.#isMarked ? `\n${given.slice(1)}` : given;
    this.#newline = text.includes("\r\n") ? "\r\n" : "\n";
    this.#open = text !== "" && !text.endsWith("\n");
    this.#text = this.#open ? text + this.#newline : text;
    this.#lines = new TextLines(this.#text, this.#newline);
    this.#parsed = text;
  }

  /** Why the last method that returned false did so; undefined if none has. */
  get obstacle(): Obstacle | undefined {
    if (this.#hindrance === undefined) return undefined;
    const { offset, reason } = this.#hindrance;
    return { line: this.#lineAt(offset), reason };
  }

  #lineAt(offset: number): number {
    return this.#text.slice(0, offset).split("\n").length - Number(this.#isMarked);
  }

  /** Number of documents, including empty ones. */
  get documents(): number {
    return this.#roots.length;
  }

  /** Index of the last document whose contents start at or before an offset. */
  documentAt(offset: number): number {
    return this.#roots.findLastIndex((root) => (root?.range?.[0] ?? Infinity) <= offset);
  }

  /** Finds the entry whose key or list item starts at an offset, if its key or index is `step`. */
  entryAt(offset: number, step: PathStep): EntryPath | undefined {
    return this.#find((node, key, own) => own === step && (key ?? node)?.range?.[0] === offset);
  }

  /** Finds the mapping or list that starts at an offset. */
  collectionAt(offset: number): EntryPath | undefined {
    return this.#find((node) => isCollection(node) && node.range?.[0] === offset);
  }

  #find(isWanted: Parameters<typeof pathTo>[1]): EntryPath | undefined {
    for (const [document, root] of this.#roots.entries()) {
      const path = pathTo(root, isWanted);
      if (path) return { document, path };
    }
    return undefined;
  }

  /** Whether a path exists. */
  has(document: number, path: readonly PathStep[]): boolean {
    return this.#place(document, path) !== undefined;
  }

  /** Number of entries of the mapping or list at a path; 0 for anything else. */
  sizeOf(document: number, path: readonly PathStep[]): number {
    const node = this.#node(document, path);
    return isCollection(node) ? node.items.length : 0;
  }

  /** The keys of the mapping at a path, in their order; a merge key is `<<`. */
  keysOf(document: number, path: readonly PathStep[]): readonly string[] {
    const node = this.#node(document, path);
    return isMap<Node>(node) ? node.items.map(({ key }) => keyText(key)) : [];
  }

  /** The line of an entry, from 1; 1 if there is none. */
  lineOf(document: number, path: readonly PathStep[]): number {
    return this.#lineAt(this.#place(document, path)?.start ?? 0);
  }

  /** The anchor by which an entry at a later path can refer to the scalar at a path: the scalar's own anchor or, if it is an alias, the anchor that it names. */
  anchorOf(document: number, path: readonly PathStep[], later: readonly PathStep[]): string | undefined {
    const node = this.#place(document, path)?.value ?? null;
    const name = isAlias(node) ? node.source : isScalar(node) ? node.anchor : undefined;
    if (name === undefined) return undefined;
    const anchored = nodesIn(this.#roots[document] ?? null).filter((one) => anchorOf(one) === name);
    const [only] = anchored;
    const end = this.#place(document, later)?.start;
    // If an anchor is defined twice, the last definition before an alias counts.
    if (anchored.length !== 1 || !only?.range || end === undefined) return undefined;
    return only.range[1] <= end ? name : undefined;
  }

  /** The text of a scalar or alias with its quotes and its anchor; undefined for anything else, and for scalars on several lines. */
  scalarAt(document: number, path: readonly PathStep[]): string | undefined {
    const node = this.#place(document, path)?.value ?? null;
    const source = scalarSource(this.#text, node);
    const anchor = node === null ? undefined : anchorOf(node);
    return source === undefined || anchor === undefined ? source : `&${anchor} ${source}`;
  }

  /** The anchor of the mapping or list at a path. */
  collectionAnchor(document: number, path: readonly PathStep[]): string | undefined {
    const node = this.#place(document, path)?.value;
    return isCollection(node) ? node.anchor : undefined;
  }

  /** The text of a mapping that is an alias, or in braces without a comment, with its anchor; undefined unless it has exactly these keys. */
  inlineMapping(document: number, path: readonly PathStep[], keys: ReadonlySet<string>): string | undefined {
    const place = this.#place(document, path);
    const node = place?.value ?? null;
    const root = this.#roots[document] ?? null;
    const named = isAlias(node) ? nodesIn(root).filter((one) => anchorOf(one) === node.source) : [node];
    const [mapping, ...others] = named;
    // If an anchor is defined twice, each alias means another value.
    if (!place || !node?.range || !isMap<Node>(mapping) || others.length > 0) return undefined;
    if (!isAlias(node) && mapping.flow !== true) return undefined;
    const own = new Set(mapping.items.map(({ key }) => keyText(key)));
    const source = this.#text.slice(node.range[0], node.range[1]);
    if (own.symmetricDifference(keys).size > 0 || commentsIn(source).length > 0) return undefined;
    const text = unindented(source, this.#lines.columnOf(place));
    return mapping === node && mapping.anchor !== undefined ? `&${mapping.anchor} ${text}` : text;
  }

  /** The anchors below some entries, and the text of the scalars that they mark. */
  anchorsBelow(
    document: number,
    paths: readonly (readonly PathStep[])[],
  ): ReadonlyMap<string, string | undefined> {
    return new Map(paths.flatMap((path) => [...anchorsIn(this.#text, this.#node(document, path) ?? null)]));
  }

  /** The anchors before an entry that an alias in its place can refer to; an anchor that is defined twice is none of them. */
  anchorsBefore(document: number, later: readonly PathStep[]): ReadonlySet<string> {
    const end = this.#place(document, later)?.start ?? 0;
    const anchored = nodesIn(this.#roots[document] ?? null).filter((node) => anchorOf(node) !== undefined);
    const byName = Map.groupBy(anchored, (node) => anchorOf(node) ?? "");
    const isBefore = ([node, ...others]: readonly Node[]): boolean =>
      others.length === 0 && (node?.range?.[1] ?? Infinity) <= end;
    return new Set([...byName].filter(([, nodes]) => isBefore(nodes)).map(([name]) => name));
  }

  /** Why the lines that use an anchor cannot move. */
  obstacleOf(anchor: string): Obstacle {
    // Another anchor may begin with its name.
    const definition = this.#text.matchAll(/&([^\s,[\]{}]+)/g).find(([, name]) => name === anchor);
    return { line: this.#lineAt(definition?.index ?? 0), reason: unmovable(anchor) };
  }

  /** The names of the aliases before the end of an entry, except those below the entries `going`. */
  aliasesUntil(
    document: number,
    path: readonly PathStep[],
    going: readonly (readonly PathStep[])[],
  ): ReadonlySet<string> {
    const place = this.#place(document, path);
    const values = going.map((one) => this.#node(document, one) ?? null);
    return aliasesBefore(this.#roots[document] ?? null, values, place ? this.#lines.endOf(place) : 0);
  }

  /** The comments that are removed with an entry: those on its lines and, unless the entry is only replaced, those directly above at its indentation. */
  commentsOf(document: number, path: readonly PathStep[], replaced = false): readonly string[] {
    const place = this.#place(document, path);
    if (!place) return [];
    const start = replaced ? place.start : this.#lines.startWithComments(place);
    return commentsIn(this.#text.slice(start, this.#lines.endOf(place)));
  }

  /** The comments that {@link remove} deletes: those of the whole collection if this is its only entry. */
  commentsRemovedWith(document: number, path: readonly PathStep[]): readonly string[] {
    const isOnly = this.#place(document, path)?.container.items.length === 1;
    return isOnly && path.length > 1
      ? this.commentsRemovedWith(document, path.slice(0, -1))
      : this.commentsOf(document, path);
  }

  /** Like {@link commentsOf}, with the entries that they explain. */
  ownedCommentsOf(document: number, path: readonly PathStep[], replaced = false): readonly OwnedComment[] {
    const place = this.#place(document, path);
    if (!place) return [];
    const start = replaced ? place.start : this.#lines.startWithComments(place);
    return this.#owned(document, [start, this.#lines.endOf(place)]);
  }

  /** Like {@link commentsRemovedWith}, with the entries that they explain. */
  ownedCommentsRemovedWith(document: number, path: readonly PathStep[]): readonly OwnedComment[] {
    return this.ownedCommentsOf(document, this.#topOf(document, path) ?? path.slice(0, 1));
  }

  /** The comments in a document that are removed with it or, if `contentsOnly`, with its contents, and the entries that they explain. */
  ownedCommentsOfDocument(document: number, offset: number, contentsOnly: boolean): readonly OwnedComment[] {
    const range = documentRange(this.#text, offset, contentsOnly);
    return range ? this.#owned(document, range) : [];
  }

  #owned(document: number, range: readonly [number, number]): readonly OwnedComment[] {
    if (!this.#text.slice(...range).includes("#")) return [];
    this.#comments ??= commentBlocks(this.#text);
    return ownedComments(this.#text, this.#comments, this.#roots[document], range);
  }

  /** The offsets of an entry's first and last line, without the comments above it. */
  rangeOf(document: number, path: readonly PathStep[]): TextRange | undefined {
    const place = this.#place(document, path);
    return place && [place.start, this.#lines.endOf(place)];
  }

  /** Whether a blank line separates an entry from the one above it. */
  isSeparated(document: number, path: readonly PathStep[]): boolean {
    const place = this.#place(document, path);
    return place !== undefined && this.#lines.isBelowBlank(place);
  }

  /** The most blank lines in a row between an offset and the line of another one, except those within `without`. */
  blankLinesBetween(from: number, to: number, without: readonly TextRange[]): number {
    return this.#lines.blankLinesBetween(from, to, without);
  }

  /** Separates an entry from the one above it by one blank line, or by none. */
  separate(document: number, path: readonly PathStep[], isSeparated: boolean): boolean {
    const place = this.#place(document, path);
    if (!place) return this.#refuse(document, path);
    const end = this.#lines.startWithComments(place);
    const blank = /(?:(?<=\n)[ \t]*\r?\n)*$/.exec(this.#text.slice(0, end))?.[0] ?? "";
    const text = isSeparated ? this.#newline : "";
    return this.#plan({ start: end - blank.length, end, text });
  }

  /**
   * An entry's text in the form that {@link insert} takes: with the comments directly above it, unless `replaced`, and without indentation. Undefined if the
   * entry does not start its line.
   */
  linesOf(document: number, path: readonly PathStep[], replaced = false): string | undefined {
    const place = this.#place(document, path);
    if (!place || place.container.flow === true || !this.#lines.isFirstOnLine(place)) return undefined;
    const column = this.#lines.columnOf(place);
    const start = replaced ? this.#lines.startOf(place.start) : this.#lines.startWithComments(place);
    return unindented(this.#text.slice(start, this.#lines.endOf(place)), column);
  }

  /** Replaces a plain or quoted scalar; a quoted string keeps its kind of quotes. */
  setScalar(document: number, path: readonly PathStep[], value: string | number | boolean): boolean {
    const node = this.#place(document, path)?.value;
    const isBlock = isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
    if (!isScalar(node) || !node.range || node.anchor !== undefined || isBlock)
      return this.#refuse(document, path, notPlain(path));
    const quotes = typeof value === "string" ? node.type : undefined;
    return this.#plan({ start: node.range[0], end: node.range[1], text: inline(value, quotes) });
  }

  /**
   * Removes an entry from a block collection, with its lines and the comments directly above it. If it is the only entry, the collection is removed too, and so
   * on upwards. If there are blank lines on both sides, only one remains.
   */
  remove(document: number, path: readonly PathStep[]): boolean {
    return this.removeAll(document, [path]);
  }

  /**
   * Like {@link remove}, for several entries. An anchor that is used elsewhere must be defined in `moved`, the lines that are added instead, or it moves to the
   * first alias; without `moved`, the entries stay.
   */
  removeAll(document: number, paths: readonly (readonly PathStep[])[], moved?: string): boolean {
    const tops = paths.map((path) => this.#topOf(document, path));
    const places = tops.map((path) => path && this.#place(document, path));
    const bad = places.findIndex((place) => place === undefined || place.container.flow === true);
    if (bad >= 0) {
      const { [bad]: path = [] } = paths;
      return tops[bad] !== undefined && places[bad] === undefined
        ? this.#refuse(document, path)
        : this.#refuse(document, path.slice(0, -1), WHOLE_DOCUMENT);
    }
    const values = places.map((place) => place?.value ?? null);
    const freed = this.#freed(values, moved);
    if (!freed) {
      const used = values.findIndex((value) => !this.#freed([value], moved));
      return this.#refuse(document, tops[used] ?? [], anchored(values[used] ?? null, tops[used] ?? []));
    }
    this.#edits.push(...freed);
    return places.every((place) => place !== undefined && this.#removeAt(place));
  }

  /** The path of the outermost collection that would be empty without an entry; undefined if that is the whole document. */
  #topOf(document: number, path: readonly PathStep[]): readonly PathStep[] | undefined {
    const container = this.#place(document, path)?.container;
    if (container?.items.length !== 1 || container.flow === true) return path;
    return path.length > 1 ? this.#topOf(document, path.slice(0, -1)) : undefined;
  }

  #removeAt(place: EntryPlace): boolean {
    const start = this.#lines.startWithComments(place);
    if (!this.#lines.isFirstOnLine(place)) return this.#removeFirstInline(place);
    const end = this.#lines.endOf(place);
    return this.#plan({ start: this.#lines.withBlankLine(start, end), end, text: "" });
  }

  /**
   * Replaces the lines of an entry; the new lines are given without indentation. An anchor that is used elsewhere must be defined in `moved`, or it moves to the
   * first alias; without `moved`, the entry stays.
   */
  replace(document: number, path: readonly PathStep[], lines: string, moved?: string): boolean {
    const place = this.#place(document, path);
    if (!place) return this.#refuse(document, path);
    if (place.container.flow === true) return this.#refuse(document, path.slice(0, -1));
    if (!this.#lines.isFirstOnLine(place)) return this.#refuse(document, path, notOnOwnLine(path));
    const freed = this.#freed([place.value], moved);
    if (!freed) return this.#refuse(document, path, anchored(place.value, path));
    this.#edits.push(...freed);
    const text = this.#lines.indented(lines, this.#lines.columnOf(place));
    return this.#plan({ start: this.#lines.startOf(place.start), end: this.#lines.endOf(place), text });
  }

  /**
   * Adds lines, given without indentation, to a block mapping or list: after the entry `after`, or at its end. A flow list takes
   * scalars, each as `- value`.
   * @param path of the mapping or list
   */
  insert(document: number, path: readonly PathStep[], lines: string, after?: PathStep): boolean {
    const container = this.#node(document, path);
    if (isSeq<Node>(container) && container.flow === true && after === undefined)
      return (
        this.#plan(flowInsertion(this.#text, container, lines, this.#newline)) || this.#refuse(document, path)
      );
    if (!isCollection(container) || container.flow === true || container.items.length === 0)
      return this.#refuse(document, path);
    const steps = isMap<Node>(container)
      ? container.items.map(({ key }) => keyText(key))
      : [...container.items.keys()];
    const neighbour = after ?? steps.at(-1);
    const first = this.#place(document, [...path, steps[0] ?? 0]);
    const place = neighbour === undefined ? undefined : this.#place(document, [...path, neighbour]);
    if (!first || !place) return this.#refuse(document, [...path, neighbour ?? ""]);
    const end = this.#lines.endOf(place);
    return this.#plan({ start: end, end, text: this.#lines.indented(lines, this.#lines.columnOf(first)) });
  }

  /** Replaces the contents of the document at an offset. Comments above and below the document stay; the line that names its schema is removed. */
  replaceDocument(offset: number, contents: string): boolean {
    return (
      this.#plan(documentReplacement(this.#text, offset, contents)) || this.#hinder(offset, NOT_SEPARATE)
    );
  }

  /** Adds documents after the one at an offset. */
  insertAfterDocument(offset: number, contents: string): boolean {
    return this.#plan(documentInsertion(this.#text, offset, contents)) || this.#hinder(offset, NOT_SEPARATE);
  }

  /** Removes the document at an offset, unless only comments would be left in the file. */
  removeDocument(offset: number): boolean {
    return isOwnDocument(this.#text, offset)
      ? this.removeDocuments([offset])
      : this.#hinder(offset, NOT_SEPARATE);
  }

  /** Removes documents and their comments, unless only comments would be left in the file. */
  removeDocuments(offsets: readonly number[]): boolean {
    const edits = documentRemovals(this.#text, offsets);
    if (!edits) return this.#hinder(offsets[0] ?? 0, ONLY_DOCUMENT);
    this.#edits.push(...edits);
    return true;
  }

  /** The comments that are lost if the document at an offset, or only its contents, is removed. */
  commentsOfDocument(offset: number, contentsOnly: boolean): readonly string[] {
    return documentComments(this.#text, offset, contentsOnly);
  }

  /** The file's text with all planned changes applied. */
  text(): string {
    const edited = applyEdits(this.#text, this.#edits);
    const text = this.#isMarked ? BYTE_ORDER_MARK + edited.replace(/^\n/, "") : edited;
    if (this.#edits.length === 0) return this.#open ? text.slice(0, -this.#newline.length) : text;
    return this.#open ? text.replace(/\r?\n$/, "") : text;
  }

  /** Not stored, so that an edit of thousands of files does not hold all their syntax trees. */
  get #roots(): readonly (Node | null)[] {
    return rootsOf(this.#parsed);
  }

  #plan(edit: TextEdit | undefined): boolean {
    if (edit) this.#edits.push(edit);
    return edit !== undefined;
  }

  /** Records why an entry cannot be edited: the form of a node on its path or, if those could be edited, `reason`. */
  #refuse(document: number, path: readonly PathStep[], reason = notCollection(path)): false {
    const form = hindranceAt(this.#roots[document], path);
    const start = this.#place(document, path)?.start ?? 0;
    return form ? this.#hinder(form.offset, form.reason) : this.#hinder(start, reason);
  }

  #hinder(offset: number, reason: string): false {
    this.#hindrance = { offset, reason };
    return false;
  }

  /** The edits that let nodes go although aliases elsewhere refer to anchors in them; undefined if that is not possible. */
  #freed(values: readonly (Node | null)[], moved: string | undefined): readonly TextEdit[] | undefined {
    return freedAliases({ text: this.#text, roots: this.#roots, values, moved });
  }

  #node(document: number, path: readonly PathStep[]): Node | null | undefined {
    return path.length === 0 ? this.#roots[document] : this.#place(document, path)?.value;
  }

  #place(document: number, path: readonly PathStep[]): EntryPlace | undefined {
    return placeAt(this.#roots[document], path);
  }

  /** Removes `a: 1` if `- a: 1` is followed by `b: 2`: the dash stays, and the next entry moves up to it. */
  #removeFirstInline(place: EntryPlace): boolean {
    const end = this.#lines.endOf(place);
    return this.#plan({ start: place.start, end: end + this.#lines.blanksAt(end), text: "" });
  }
}

/** A scalar as YAML on one line. */
function inline(value: string | number | boolean, type?: Scalar.Type): string {
  const scalar = new Scalar(value);
  if (type !== undefined) scalar.type = type;
  return stringify(scalar, { lineWidth: 0 }).trimEnd();
}

/** Lines without up to so many spaces at their beginning. */
const unindented = (lines: string, column: number): string =>
  lines
    .split(/\r?\n/)
    .map((line) => line.slice(Math.min(column, /^ */.exec(line)?.[0].length ?? 0)))
    .join("\n");
