import { oncePer } from "../../../../../../lib/once-per.ts";
import { describeObject, type KubeObject } from "../../../../../../kube/objects.ts";
import { groupOf } from "../../../../../../policy/engine/object-index.ts";
import { fields } from "../../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../../gitops/flux/built.ts";
import { locate } from "../../../../../gitops/yaml/source.ts";
import { asKubeObject } from "../../../../../lint/kube-object.ts";
import { indexOf } from "../../../../clusters.ts";
import { consulIntentions } from "./consul.ts";
import { istioPolicy } from "./istio.ts";
import { kumaPermission } from "./kuma.ts";
import { linkerdServer } from "./linkerd.ts";
import { peerAuthentication } from "./peer-authentication.ts";
import type { MeshPolicy } from "./policy.ts";

/** The policies of meshes in a cluster. */
export const meshPoliciesOf = oncePer((cluster: BuiltCluster): readonly MeshPolicy[] => {
  const places = new Map(cluster.objects.map(({ object, origin }) => [asKubeObject(object), locate(origin)]));
  const describe = (object: KubeObject): string => {
    const place = places.get(object);
    return `${describeObject(object)}${place ? ` (${place.file}:${place.line})` : ""}`;
  };
  const index = indexOf(cluster);
  return [...places.keys()].flatMap((object) => {
    const name = describe(object);
    const spec = fields(object.spec);
    switch (`${groupOf(object)}/${object.kind}`) {
      case "security.istio.io/AuthorizationPolicy":
        return istioPolicy(name, spec, object.metadata.namespace ?? "default", index);
      case "security.istio.io/PeerAuthentication":
        return peerAuthentication(object, name, index);
      case "policy.linkerd.io/Server":
        return linkerdServer(object, index, describe);
      case "kuma.io/MeshTrafficPermission":
        return kumaPermission(name, spec);
      case "consul.hashicorp.com/ServiceIntentions":
        return consulIntentions(name, spec);
      default:
        return [];
    }
  });
});
