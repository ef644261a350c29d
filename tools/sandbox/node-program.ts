import { join } from "node:path";

/**
 * Arguments with which Node runs a module of the sandbox for as long as its cluster, in little memory: it loads no TypeScript compiler if the module was compiled before,
 * and its young generation, which by default grows to 16 MB before Node collects it, stays small.
 * @param main path of the module, relative to this folder
 */
export function nodeProgram(main: string): string[] {
  const at = (file: string): string => join(import.meta.dirname, file);
  return ["--max-semi-space-size=1", at("long-running.js"), at(main)];
}
