import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { HOLES, type SourceEdit } from "./holes.ts";

const PROJECT = pathToFileURL(join(import.meta.dirname, "../../..")).href;
const HERE = pathToFileURL(import.meta.dirname).href;

/**
 * Replaces the engine, the clusters, git and the clock for every module that is imported from now on. The rest of the program runs as shipped, or with the
 * edits that bring a hole back.
 * @param hole a key of {@link HOLES}
 */
export function replaceSurroundings(hole?: string): void {
  const edits = hole === undefined ? [] : (HOLES[hole] ?? []);
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "@pulumi/pulumi") return next(`${HERE}/pulumi.ts`, context);
      const inStaging = context.parentURL?.startsWith(`${PROJECT}/staging/`) === true;
      if (inStaging && specifier === "node:timers/promises") return next(`${HERE}/timers.ts`, context);
      if (inStaging && specifier === "node:child_process") return next(`${HERE}/git.ts`, context);
      if (inStaging && specifier === "node:fs/promises") return next(`${HERE}/fs.ts`, context);
      const resolved = next(specifier, context);
      return resolved.url === `${PROJECT}/kube/kube-client.ts`
        ? { ...resolved, url: `${HERE}/kube-client.ts` }
        : resolved;
    },
    load(url, context, next) {
      const mine = edits.filter(({ file }) => url === `${PROJECT}/${file}`);
      const loaded = next(url, context);
      if (mine.length === 0) return loaded;
      return { ...loaded, source: edited(textOf(loaded.source), mine) };
    },
  });
}

function textOf(source: unknown): string {
  return typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
}

/** @throws Error if an edit no longer fits the code */
function edited(source: string, edits: readonly SourceEdit[]): string {
  return edits.reduce((text, { file, from, to }) => {
    if (text.split(from).length !== 2) throw new Error(`${file} has not exactly one: ${from}`);
    return text.replace(from, () => to);
  }, source);
}
