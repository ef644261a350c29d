import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const missing = require("./lib/typescript-support.cjs").missingNode();
if (missing !== undefined) {
  const { RunError } = require("@pulumi/pulumi");
  throw new RunError(missing);
}

export const { release, versions, evidence, __evidence, gateways, fluxRevision, endpoints } =
  await import("./index.ts");
