import type { ObjectIndex } from "../../../../../../policy/engine/object-index.ts";
import { at, fields } from "../../../../../../policy/engine/read.ts";
import { NAMESPACE } from "../../../../../../policy/objects/kinds.ts";
import type { Maybe, Pods } from "../selectors.ts";

/**
 * Whether Istio's sidecar or its ambient mode serves pods. Without their Namespace in the repository, that is not known.
 * Source: https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
 */
export function isInIstio({ namespace, labels, entity, isProxy }: Pods, index: ObjectIndex): Maybe {
  if (isProxy) return true;
  if (entity !== undefined) return false;
  const mode = labels.get("istio.io/dataplane-mode");
  const inject = labels.get("sidecar.istio.io/inject");
  if (inject === "true" || mode === "ambient" || labels.has("istio.io/rev")) return true;
  const found = namespace === undefined ? undefined : index.get(NAMESPACE, undefined, namespace);
  if (found === undefined) return undefined;
  const own = fields(at(found, ["metadata", "labels"]));
  const isInjected = own["istio-injection"] === "enabled" || own["istio.io/rev"] !== undefined;
  return (
    (isInjected && inject !== "false") || (own["istio.io/dataplane-mode"] === "ambient" && mode !== "none")
  );
}
