/** The location of a value in an object: field names and list indexes, from the root. */
export type Path = readonly (string | number)[];

/** Formats a path for messages: `spec.containers[0].image`, `metadata.annotations["a.b/c"]`. */
export function formatPath(path: Path): string {
  return path
    .map((step) => {
      if (typeof step === "number") return `[${step}]`;
      return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    })
    .join("")
    .replace(/^\./, "");
}

/** Whether `path` is `prefix` or lies below it. */
export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((step, index) => path[index] === step);
}

/** The inverse of {@link formatPath}; undefined if the string is not a path. */
export function parsePath(text: string): Path | undefined {
  const steps: (string | number)[] = [];
  let end = 0;
  for (const match of text.matchAll(/(?:^|\.)([\w-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)) {
    if (match.index !== end) return undefined;
    end += match[0].length;
    const [, name, position, quoted] = match;
    if (position !== undefined) steps.push(Number(position));
    else steps.push(name ?? (JSON.parse(quoted ?? '""') as string));
  }
  return end === text.length && steps.length > 0 ? steps : undefined;
}
