/** A rule of a ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What an informer does, and all it does. */
const INFORM = ["list", "watch"];

/**
 * What Traefik 3.6's Gateway provider does without the experimental channel, and nothing else: the informers that `WatchAll` starts and the statuses that its
 * `Update…Status` functions write (pkg/provider/kubernetes/gateway/client.go). It is narrower than the role in Traefik's documentation, which has the experimental
 * routes, `get` (reads go through the informers) and pods (for OpenTelemetry). Secrets cannot be narrowed by name: the provider watches them in all namespaces.
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
