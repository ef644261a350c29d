/**
 * A file's text without the documents that begin at these offsets, each with its `---` and the comments between; undefined where
 * nothing but comments would be left.
 */
export function removeDocuments(text: string, offsets: readonly number[]): string | undefined {
  const parts = text.split(/^(?=---(?:\s|$))/m);
  let start = 0;
  const kept = parts.filter((part) => {
    const end = start + part.length;
    const goes = offsets.some((offset) => start <= offset && offset < end);
    start = end;
    return !goes;
  });
  const isEmpty = (part: string): boolean => part.replace(/^---/, "").replace(/#.*$/gm, "").trim() === "";
  return kept.every(isEmpty) ? undefined : kept.join("");
}
