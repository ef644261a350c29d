import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { sha256 } from "./charts/chart.ts";

/** Texts in the user's cache, by key. Each file starts with the digest of its text, and counts only if the text matches it. */
export class TextCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  read(key: string): string | undefined {
    let file: string;
    try {
      file = readFileSync(this.#path(key), "utf8");
    } catch {
      return undefined;
    }
    const end = file.indexOf("\n");
    const text = file.slice(end + 1);
    return file.slice(0, end) === sha256(text) ? text : undefined;
  }

  /** A cache that cannot be written, such as one on a full disk, only costs time. */
  write(key: string, text: string): void {
    try {
      writeFileAtomic(this.#path(key), `${sha256(text)}\n${text}`);
    } catch {
      return;
    }
  }

  #path(key: string): string {
    const name = sha256(key).slice("sha256:".length);
    return join(this.#directory, name.slice(0, 2), name);
  }
}
