import { readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { posix } from "node:path";

/** What a module loads and reads at run time. */
export interface ImportClosure {
  /** Modules and the data files that they name, as sorted paths relative to the root, with forward slashes. */
  readonly files: readonly string[];
  /** Names of the packages that the modules import, sorted. */
  readonly packages: readonly string[];
}

/** `import … from "x"`, `export … from "x"` and `import "x"`. Node erases `import type`; it keeps `import { type X }` for its effects. */
const STATIC_IMPORT = /^(?:import|export)\s(?!type\s)(?:[^"';]*?\sfrom\s)?"([^"]+)"/gm;
const DYNAMIC_IMPORT = /(?:\bimport|\bcreateRequire\(import\.meta\.url\))\("([^"]+)"\)/g;
/** Matches a literal that may name a data file next to the module. */
const DATA_FILE = /"([\w./-]+\.(?:ya?ml|json))"/g;

/**
 * The project modules that `entry` loads, directly or indirectly, the data files that they name in a literal relative path, and the
 * packages that they import. Expects sources formatted like this project's (double quotes, each import at the start of a line).
 * @param root directory of the project
 * @param entry a module, relative to the root
 */
export function importClosure(root: string, entry: string): ImportClosure {
  const files = new Set([entry]);
  const packages = new Set<string>();
  // Iterating a Set also visits entries that are added during the iteration.
  for (const file of files) {
    if (!/\.[cm]?[jt]s$/.test(file)) continue;
    const source = readFileSync(posix.join(root, file), "utf8");
    for (const specifier of matches(source, STATIC_IMPORT, DYNAMIC_IMPORT))
      if (specifier.startsWith(".")) files.add(relativeTo(file, specifier));
      else if (!isBuiltin(specifier)) packages.add(packageName(specifier));
    for (const literal of matches(source, DATA_FILE)) {
      const path = relativeTo(file, literal);
      if (!path.startsWith("../") && isFile(posix.join(root, path))) files.add(path);
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

const matches = (source: string, ...patterns: readonly RegExp[]): string[] =>
  patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, first = ""]) => first));

const relativeTo = (file: string, path: string): string => posix.join(posix.dirname(file), path);

const isBuiltin = (specifier: string): boolean =>
  specifier.startsWith("node:") || builtinModules.includes(specifier);

/** `@scope/name/sub/path` belongs to the package `@scope/name`. */
const packageName = (specifier: string): string =>
  specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
