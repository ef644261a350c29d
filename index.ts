import "./lib/compile-cache.ts";

// Node strips types in place, so positions are already right. Otherwise the SDK would map every frame of the stack traces that it captures,
// one per resource.
Reflect.deleteProperty(Error, "prepareStackTrace");

// Only modules imported after the cache is enabled are cached.
export const { release, versions, evidence, __evidence, gateways, fluxRevision, endpoints } =
  await import("./program.ts");
