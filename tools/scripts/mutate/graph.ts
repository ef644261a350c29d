import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const PROJECT = join(import.meta.dirname, "../../..");

const PARTS = "{staging,kube,lib,config,platform,components,policy,tools,test}";
const IMPORT = /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

/** The modules that import each module, keyed by that module's path. */
const importers = new Map<string, Set<string>>();
for (const file of globSync(`${PARTS}/**/*.ts`, { cwd: PROJECT }))
  for (const [, specifier = ""] of readFileSync(join(PROJECT, file), "utf8").matchAll(IMPORT)) {
    const imported = join(dirname(file), specifier);
    importers.set(imported, (importers.get(imported) ?? new Set()).add(file));
  }

/** The paths of a module and of every module that imports it, directly or indirectly. */
export function dependentsOf(file: string): ReadonlySet<string> {
  const found = new Set([file]);
  // Iterating over a set also visits elements that are added during the loop.
  for (const each of found) for (const importer of importers.get(each) ?? []) found.add(importer);
  return found;
}
