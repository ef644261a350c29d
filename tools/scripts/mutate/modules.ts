import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { exportsOf, PROJECT } from "./graph.ts";
import type { Mutant } from "./mutants.ts";

export const ROOT = `${pathToFileURL(PROJECT).href}/`;

/** A module as the tests see it: it passes on another copy's exports, which can be exchanged while the tests stay loaded. */
type Exchange = (copy: object) => void;

/** What the next import loads. */
let loading: { readonly file: string; readonly mutant: Mutant | undefined } | undefined;
/** These modules, which import the mutated one, are loaded again under this number. */
let reload: { readonly files: ReadonlySet<string>; readonly id: number } | undefined;
let copies = 0;

const exchanges = new Map<string, Exchange>();
const originals = new Map<string, object>();
(globalThis as { exchangeable?: unknown }).exchangeable = (file: string, original: object, to: Exchange) => {
  exchanges.set(file, to);
  originals.set(file, original);
};

/** Makes the copies of these modules exchangeable. Call before they are imported. */
export function makeExchangeable(files: ReadonlySet<string>): void {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const isReloaded = reload?.files.has(pathOf(resolved.url)) === true && !resolved.url.includes("?");
      return isReloaded ? { ...resolved, url: `${resolved.url}?reload=${reload?.id ?? 0}` } : resolved;
    },
    load(url, context, next) {
      const path = pathOf(url);
      if (files.has(path) && !url.includes("?"))
        return { format: "module", source: exchangeable(path), shortCircuit: true };
      const loaded = next(url, context);
      const mutant = loading?.mutant;
      if (mutant === undefined || path !== loading?.file || !/\?(copy|reload)=/.test(url)) return loaded;
      const { source } = loaded;
      const text = typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
      return { ...loaded, source: text.slice(0, mutant.start) + mutant.text + text.slice(mutant.end) };
    },
  });
}

/** The URL of the copy that tests see at first, which coverage is recorded for. */
export function originalUrl(file: string): string {
  return `${ROOT}${file}?original`;
}

/** Whether a test has imported the module; an import of types does not count. */
export function isLoaded(file: string): boolean {
  return exchanges.has(file);
}

/** Runs work while the tests see a changed copy of a module. Without a mutant, the copy is equal. */
export async function withCopy<T>(
  file: string,
  mutant: Mutant | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const exchange = exchanges.get(file);
  const original = originals.get(file);
  // A test that covers a module has imported it.
  if (exchange === undefined || original === undefined) throw new Error(`No test imports ${file}`);
  loading = { file, mutant };
  try {
    exchange((await import(`${ROOT}${file}?copy=${++copies}`)) as object);
    return await work();
  } finally {
    loading = undefined;
    exchange(original);
  }
}

/** Runs work, which imports tests, while these modules are loaded again. */
export async function withReload<T>(
  { file, mutant, files }: { file: string; mutant: Mutant; files: ReadonlySet<string> },
  work: () => Promise<T>,
): Promise<T> {
  loading = { file, mutant };
  reload = { files, id: ++copies };
  try {
    return await work();
  } finally {
    loading = undefined;
    reload = undefined;
  }
}

function pathOf(url: string): string {
  return url.startsWith(ROOT) ? (url.slice(ROOT.length).split("?")[0] ?? "") : "";
}

function exchangeable(file: string): string {
  const names = exportsOf(file);
  return [
    `import * as original from ${JSON.stringify(originalUrl(file))};`,
    ...names.map((name) => `export let ${name} = original.${name};`),
    `globalThis.exchangeable(${JSON.stringify(file)}, original, (copy) => {`,
    ...names.map((name) => `  ${name} = copy.${name};`),
    "});",
  ].join("\n");
}
