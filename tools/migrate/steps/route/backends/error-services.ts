import { at, fields, text } from "../../../../../policy/engine/read.ts";
import { indexOf } from "../../../clusters.ts";
import type { CutoverNote } from "../outcome.ts";
import type { Moving } from "../gateway/parents.ts";
import { middlewaresBehind } from "../reading/middleware-chains.ts";
import { isMissingService } from "./missing-services.ts";

/**
 * Services for error pages that the Middlewares of an Ingress name and that nothing in the repository creates, such as those of a copied
 * Middleware: Traefik leaves such a Middleware out.
 * Source: createErrorPageMiddleware in pkg/provider/kubernetes/crd/kubernetes.go of github.com/traefik/traefik
 */
export function missingErrorServices(moving: Moving): readonly CutoverNote[] {
  const { cluster, hosts } = moving;
  if (!cluster) return [];
  return [...middlewaresBehind(moving)].flatMap(([id, { spec }]): readonly CutoverNote[] => {
    const { kind, name, namespace } = fields(at(fields(spec), ["errors", "service"]));
    const [own = ""] = id.split("/");
    const place = text(namespace) ?? own;
    const service = text(name);
    if (service === undefined || (kind !== undefined && kind !== "Service")) return [];
    if (!isMissingService(place, service, indexOf(cluster))) return [];
    const message = `before the commit: Service ${place}/${service}, which Middleware ${id} names in errors, is not in this repository: make sure that the cluster has it, or Traefik leaves the Middleware out, and the route of ${hosts.join(", ")} answers 404`;
    return [{ kind: "cutover", message }];
  });
}
