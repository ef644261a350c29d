import "./compile-cache.ts";

// Only what is imported after the cache is on is cached.
export const { release, versions, evidence, gateways, fluxRevision, endpoints } =
  await import("./program.ts");
