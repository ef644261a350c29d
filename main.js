import * as module from "node:module";

const require = module.createRequire(import.meta.url);
const missing = require("./lib/typescript-support.cjs").missingNode("Pulumi ran", "pulumi preview");
if (missing !== undefined) {
  const { RunError } = require("@pulumi/pulumi");
  throw new RunError(missing);
}

// In JavaScript, because Node loads its TypeScript compiler for what is imported before the compile cache is enabled.
require("./lib/preload.cjs");

// The Pulumi SDK captures a stack trace for each resource, and this hook would map every frame to its source, which is slow. Node strips types in place, so the
// positions are correct without it.
Reflect.deleteProperty(Error, "prepareStackTrace");

export const { release, versions, evidence, __evidence, __provider, gateways, fluxRevision, endpoints } =
  await import("./index.ts");
