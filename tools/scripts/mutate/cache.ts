import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PROJECT } from "./graph.ts";
import type { Mutant } from "./mutants.ts";
import type { Fate } from "./supervise.ts";

/** A mutant and what became of it. */
export interface Result extends Mutant, Fate {}

/** The results for exactly these files, if they are known. They do not depend on what the files import: if that changes, remove the cache directory. */
export function readCache(file: string, testFiles: readonly string[]): readonly Result[] | undefined {
  const path = pathOf(file, testFiles);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Result[]) : undefined;
}

export function writeCache(file: string, testFiles: readonly string[], results: readonly Result[]): void {
  const path = pathOf(file, testFiles);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(results));
}

function pathOf(file: string, testFiles: readonly string[]): string {
  const hash = createHash("sha256");
  const support = globSync("test/support/*.ts", { cwd: PROJECT }).sort();
  for (const each of [file, ...testFiles, ...support, "tools/scripts/mutate/mutants.ts"])
    hash.update(readFileSync(join(PROJECT, each)));
  const name = `${file.replaceAll("/", "-")}-${hash.digest("hex").slice(0, 16)}.json`;
  return join(PROJECT, "node_modules/.cache/mutate", name);
}
