#!/usr/bin/env node
import * as module from "node:module";
import { join } from "node:path";
import process from "node:process";

const require = module.createRequire(import.meta.url);
const missing = require("../../lib/typescript-support.cjs").missingNode("this is", "npx edgefirst");
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exit(2);
}

// The entry point of a clone. It is JavaScript because Node loads its TypeScript compiler for an entry point in TypeScript, before the compile cache can be
// enabled: a tenth of a lint run. Node ignores a folder that it cannot write to.
module.enableCompileCache?.(join(import.meta.dirname, "../../node_modules/.cache/compiled"));
await import("./main.ts");
