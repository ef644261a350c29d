import type { KubeObject } from "../../kube/objects.ts";

/**
 * Whether a manifest has no `spec`, of a kind that needs one. Flux applies it server-side, so it adds its metadata to an object that a chart or another owner
 * creates: what the object itself says is not known.
 */
export function isPartial({ spec }: KubeObject): boolean {
  return spec === undefined;
}
