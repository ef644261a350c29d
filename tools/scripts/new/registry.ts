import { EdgefirstError } from "../../../lib/errors.ts";

/** Adds an import among those from the same folder, in alphabetical order. */
export function withImport(text: string, name: string, module: string): string {
  const [folder = module] = /^.*?\/(?:rules|steps)\/|^\.\//.exec(module) ?? [];
  const lines = text.split("\n");
  const isLike = (line: string): boolean => line.includes(`from "${folder}`);
  const next = lines.findIndex((line) => isLike(line) && (/from "([^"]+)"/.exec(line)?.[1] ?? "") > module);
  const at = next >= 0 ? next : lines.findLastIndex(isLike) + 1;
  return lines.toSpliced(at, 0, `import { ${name} } from "${module}";`).join("\n");
}

/** A list in a source file, and where to add the new entry to it. */
export interface ListPlace {
  /** Text above the list, which starts at the next `= [` or `return [`. */
  readonly after: string;
  /** Entry to insert the new one before; by default, the new entry is added at the end. */
  readonly before?: string;
}

/** @throws {EdgefirstError} if the text does not contain the list */
export function withEntry(text: string, entry: string, { after, before }: ListPlace): string {
  const above = text.indexOf(after);
  const opening = /(?:=|return) \[/.exec(text.slice(above));
  const start = above + (opening?.index ?? 0) + (opening?.[0].length ?? 0);
  const at = text.indexOf(before ?? "]", start);
  if (above < 0 || opening === null || at < 0)
    throw new EdgefirstError(`${after} is not followed by a list${before ? ` with ${before}` : ""}.`);
  const comma = /[,[]\s*$/.test(text.slice(0, at)) ? "" : ",";
  return `${text.slice(0, at)}${comma}${entry},${text.slice(at)}`;
}
