import type { PolicyRule } from "../shared/rbac.ts";

/** The verbs that an informer needs. */
const INFORM = ["list", "watch"];

/**
 * Exactly what the Gateway provider of Traefik 3.6 needs without the experimental channel: the informers that `WatchAll` starts and the statuses that the
 * `Update…Status` functions write (pkg/provider/kubernetes/gateway/client.go). Narrower than the role in Traefik's documentation, which adds the experimental
 * routes, `get` (reads go through the informers) and pods (for OpenTelemetry). Secrets cannot be limited by name: the provider watches them in all namespaces.
 */
export const TRAEFIK_RULES: readonly PolicyRule[] = [
  { apiGroups: [""], resources: ["namespaces", "services", "secrets", "configmaps"], verbs: INFORM },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: INFORM },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: [
      "gatewayclasses",
      "gateways",
      "httproutes",
      "grpcroutes",
      "referencegrants",
      "backendtlspolicies",
    ],
    verbs: INFORM,
  },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: [
      "gatewayclasses/status",
      "gateways/status",
      "httproutes/status",
      "grpcroutes/status",
      "backendtlspolicies/status",
    ],
    verbs: ["update"],
  },
];
