import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT } from "./graph.ts";
import type { Mutant } from "./mutants.ts";
import type { Fate } from "./supervise.ts";

/** A mutant and what became of it. */
export interface Result extends Mutant, Fate {}

/** Where the results for exactly these files are kept. */
export class Cache {
  readonly #path: string;

  /** Call it before the tests are loaded: someone may change them while they run. */
  constructor(file: string, testFiles: readonly string[]) {
    this.#path = pathOf(file, testFiles);
  }

  /** The results, if they are known. They do not depend on what the files import: if that changes, remove the cache directory. */
  read(): readonly Result[] | undefined {
    return existsSync(this.#path) ? (JSON.parse(readFileSync(this.#path, "utf8")) as Result[]) : undefined;
  }

  write(results: readonly Result[]): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify(results));
  }
}

function pathOf(file: string, testFiles: readonly string[]): string {
  const hash = createHash("sha256");
  const support = globSync("test/support/*.ts", { cwd: PROJECT }).sort();
  for (const each of [file, ...testFiles, ...support, "tools/scripts/mutate/mutants.ts"])
    hash.update(readFileSync(join(PROJECT, each)));
  const name = `${file.replaceAll("/", "-")}-${hash.digest("hex").slice(0, 16)}.json`;
  return join(PROJECT, "node_modules/.cache/mutate", name);
}
