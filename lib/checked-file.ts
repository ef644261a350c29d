import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFileAtomic } from "./atomic-file.ts";

/** The text that {@link writeChecked} wrote; undefined if the file is damaged or cannot be read. */
export function readChecked(path: string): string | undefined {
  let file: string;
  try {
    file = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const end = file.indexOf("\n");
  const text = file.slice(end + 1);
  return file.slice(0, end) === digestOf(text) ? text : undefined;
}

/** Writes a file for a cache: the digest of the text, and the text. */
export function writeChecked(path: string, text: string): void {
  writeFileAtomic(path, `${digestOf(text)}\n${text}`);
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");
