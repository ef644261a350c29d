import * as module from "node:module";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers";

// Runs a module of the sandbox that runs for as long as its cluster does: `node long-running.js MODULE ARGUMENTS…`. It is JavaScript because Node loads its TypeScript
// compiler for an entry point in TypeScript, and keeps it: 12 MB for each process.

/** When the module has loaded everything. Node writes its compile cache only when a program ends by itself, which none of these does. */
const LOADED_MS = 5_000;

module.enableCompileCache?.(join(import.meta.dirname, "../../node_modules/.cache/compiled"));
process.argv.splice(1, 1);
setTimeout(() => module.flushCompileCache?.(), LOADED_MS).unref();
await import(process.argv[1]);
