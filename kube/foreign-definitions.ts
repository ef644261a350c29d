import type { Finding } from "./client.ts";
import { describeObject, type KubeObject } from "./objects.ts";
import { ownerOf } from "./owner.ts";

/** How to leave CRDs to their owner, by the end of their API group. */
const LEAVE_DEFINITIONS = [
  ["gateway.networking.k8s.io", "set edgefirst:gatewayApi.install to false"],
  ["toolkit.fluxcd.io", "remove edgefirst:flux.install"],
] as const;

/** One finding for all CRDs of an owner: CRDs come in bundles, and the hint for other objects, to remove them there, would delete every object of the kind. */
export function foreignDefinitions(definitions: readonly KubeObject[]): Finding[] {
  const byOwner = Map.groupBy(definitions, (crd) => ownerOf(crd).name);
  return [...byOwner].map(([owner, crds]) => {
    const names = crds.map(({ metadata }) => metadata.name);
    const ways = LEAVE_DEFINITIONS.filter(([group]) => names.some((name) => name.endsWith(group)));
    const leave = ways.map(([, way]) => way).join(", and ") || "turn off this part of the configuration";
    const one = crds.length === 1;
    return {
      severity: "error",
      message: `The ${one ? "CRD" : "CRDs"} ${names.join(", ")} already ${one ? "exists and belongs" : "exist and belong"} to ${owner}.`,
      hint: `Leave ${one ? "it" : "them"} to the owner: ${leave}. To take ${one ? "it" : "them"} over, add ${crds.map((crd) => `"${describeObject(crd)}"`).join(", ")} to edgefirst:adopt.`,
    };
  });
}
