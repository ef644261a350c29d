import * as module from "node:module";
import { join } from "node:path";

const require = module.createRequire(import.meta.url);
const missing = require("./lib/typescript-support.cjs").missingNode("Pulumi ran", "pulumi preview");
if (missing !== undefined) {
  const { RunError } = require("@pulumi/pulumi");
  throw new RunError(missing);
}

// In JavaScript, because Node loads its TypeScript compiler for what is imported before the compile cache is enabled. Node ignores a folder that it cannot write to.
module.enableCompileCache(join(import.meta.dirname, "node_modules/.cache/compiled"));

// The SDKs need these only to serialize functions, to run the CLI, and for Helm charts, none of which the program does.
const { postpone } = require("./lib/lazy-packages.cjs");
postpone("@pulumi/pulumi", ["typescript", "./automation"]);
postpone("@pulumi/kubernetes", ["./helm", "./kustomize", "./yaml"]);

// The Pulumi SDK captures a stack trace for each resource, and this hook would map every frame to its source, which is slow. Node strips types in place, so the
// positions are correct without it.
Reflect.deleteProperty(Error, "prepareStackTrace");

export const { release, versions, evidence, __evidence, __provider, gateways, fluxRevision, endpoints } =
  await import("./index.ts");
