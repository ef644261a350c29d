import "./lib/compile-cache.ts";

// Node strips types in place, so that positions hold as they are. The SDK would map every frame of a trace, of which it takes one for each resource.
Reflect.deleteProperty(Error, "prepareStackTrace");

// Only what is imported after the cache is on is cached.
export const { release, versions, evidence, gateways, fluxRevision, endpoints } =
  await import("./program.ts");
