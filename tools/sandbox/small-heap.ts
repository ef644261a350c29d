/**
 * Environment of the Go programs that run for as long as a cluster. Their heaps may grow by half between two collections instead of doubling: an API server with the CRDs of
 * Flux and the Gateway API takes 115 MB less, for a tenth more CPU time (tools/bench/results.md).
 */
export const SMALL_HEAP = { GOGC: "50" } as const;
