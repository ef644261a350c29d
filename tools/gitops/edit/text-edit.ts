/** A change to a file's text: replaces the text between two offsets. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with the edits applied. Duplicate edits are applied once; if two edits overlap, the one that starts earlier in the text is dropped. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const distinct = new Map(edits.map((edit) => [JSON.stringify(edit), edit]));
  let result = text;
  let limit = Infinity;
  // Where a text is inserted and the text behind it replaced, the insertion comes last, so that it does not count as an overlap.
  for (const edit of [...distinct.values()].sort((a, b) => b.start - a.start || b.end - a.end)) {
    if (edit.end > limit) continue;
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
    limit = edit.start;
  }
  return result;
}
