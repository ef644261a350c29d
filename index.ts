import "./lib/compile-cache.ts";

// The Pulumi SDK captures a stack trace for each resource, and this hook would map every frame to its source, which is slow. Node strips types in place, so the
// positions are correct without it.
Reflect.deleteProperty(Error, "prepareStackTrace");

// Only modules imported after the cache is enabled are cached.
export const { release, versions, evidence, __evidence, gateways, fluxRevision, endpoints } =
  await import("./program.ts");
