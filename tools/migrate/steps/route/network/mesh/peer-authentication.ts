import type { KubeObject } from "../../../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../../../policy/engine/object-index.ts";
import { at, fields, text } from "../../../../../../policy/engine/read.ts";
import { allOf, isIn, selectorMatches, type Maybe } from "../selectors.ts";
import { isInIstio } from "./in-istio.ts";
import { ROOT } from "./istio.ts";
import type { App, MeshPolicy } from "./policy.ts";

const KIND = { group: "security.istio.io", kind: "PeerAuthentication" };

/**
 * With STRICT, pods accept only requests from the mesh. The most specific of the objects that have a mode counts.
 * Source: https://istio.io/latest/docs/reference/config/security/peer_authentication/
 */
export function peerAuthentication(
  object: KubeObject,
  name: string,
  index: ObjectIndex,
): readonly MeshPolicy[] {
  if (modeOf(object) !== "STRICT") return [];
  return [
    {
      name,
      mesh: "Istio",
      effect: "other",
      selects: (app) =>
        allOf([
          isInIstio(app.pods, index) !== false,
          applies(object, app),
          !index
            .ofKind(KIND)
            .some(
              (other) =>
                rank(other) > rank(object) &&
                !["STRICT", "UNSET"].includes(modeOf(other)) &&
                applies(other, app) === true,
            ),
        ]),
      rules: [{ policy: name, isConditional: false, matches: (pods) => isInIstio(pods, index) }],
    },
  ];
}

const modeOf = ({ spec }: KubeObject): string => text(at(spec, ["mtls", "mode"])) ?? "UNSET";

/** Whole mesh, namespace, workload. */
function rank({ metadata: { namespace }, spec }: KubeObject): number {
  return (namespace === ROOT ? 0 : 1) + (fields(spec).selector === undefined ? 0 : 2);
}

function applies({ metadata, spec }: KubeObject, { pods }: App): Maybe {
  const { namespace = "default" } = metadata;
  return allOf([namespace === ROOT || isIn(pods, namespace), selectorMatches(fields(spec).selector, pods)]);
}
