/** What follows an explicit key (`? key`) without a colon, and is not the next key: the `yaml` package drops it. */
export interface AfterKey {
  readonly what: "list" | "value";
  readonly offset: number;
}

/** @param range where the key is */
export function afterMissingColon(
  text: string,
  [start, end]: readonly [number, number, ...number[]],
): AfterKey | undefined {
  const next = /(?:[ \t]*(?:#.*)?\r?\n)+([ \t]*)(?=[^\s#])(?=(-(?:\s|$))?)/y;
  next.lastIndex = end;
  const [, indent, dash] = next.exec(text) ?? [];
  if (indent === undefined) return undefined;
  const mark = text.lastIndexOf("?", start);
  // What is outside the mapping is less indented than the key's question mark.
  const depth = indent.length - (mark - (text.lastIndexOf("\n", mark) + 1));
  const offset = next.lastIndex;
  if (depth >= 0 && dash !== undefined) return { what: "list", offset };
  return depth > 0 ? { what: "value", offset } : undefined;
}
