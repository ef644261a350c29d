/** The comments in some lines of YAML, found by their look. */
export function commentsIn(lines: string): readonly string[] {
  return lines.split(/\r?\n/).flatMap((line) => /(?:^|\s)(#.*)$/.exec(line)?.[1] ?? []);
}
