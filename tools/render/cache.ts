import { join } from "node:path";
import { readChecked, writeChecked } from "../../lib/checked-file.ts";
import { sha256 } from "./charts/chart.ts";

/** Texts in the user's cache, by key. A damaged file does not count. */
export class TextCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  read(key: string): string | undefined {
    return readChecked(this.#path(key));
  }

  /** A cache that cannot be written, such as one on a full disk, only costs time. */
  write(key: string, text: string): void {
    try {
      writeChecked(this.#path(key), text);
    } catch {
      return;
    }
  }

  #path(key: string): string {
    const name = sha256(key).slice("sha256:".length);
    return join(this.#directory, name.slice(0, 2), name);
  }
}
