/** The comments in some lines of YAML, recognized by their syntax alone. */
export function commentsIn(lines: string): readonly string[] {
  return lines.split(/\r?\n/).flatMap((line) => /(?:^|\s)(#.*)$/.exec(line)?.[1] ?? []);
}
