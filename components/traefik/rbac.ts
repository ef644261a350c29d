import type { PolicyRule } from "../shared/rbac.ts";
import type { TraefikOptions } from "./arguments.ts";

/** The verbs that an informer needs. */
const INFORM = ["list", "watch"];

/**
 * Exactly what the Gateway provider of Traefik 3.7 needs without the experimental channel: the informers that `WatchAll` starts and the statuses that the
 * `Update…Status` functions write (pkg/provider/kubernetes/gateway/client.go). Narrower than the role in Traefik's documentation, which adds
 * TCPRoutes, `get` (reads go through the informers) and pods (for OpenTelemetry). Secrets cannot be limited by name: the provider watches them in all namespaces.
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
      "tlsroutes",
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
      "tlsroutes/status",
      "backendtlspolicies/status",
    ],
    verbs: ["update"],
  },
];

/** Further rules that Traefik needs for TCPRoutes, with the experimental channel. */
const EXPERIMENTAL_RULES: readonly PolicyRule[] = [
  { apiGroups: ["gateway.networking.k8s.io"], resources: ["tcproutes"], verbs: INFORM },
  { apiGroups: ["gateway.networking.k8s.io"], resources: ["tcproutes/status"], verbs: ["update"] },
];

/**
 * Further rules that Traefik needs for Middlewares. The CRD provider watches all of its kinds and serves nothing until every watch has synced (`WatchAll` in
 * pkg/provider/kubernetes/crd/client.go), so none of them can be omitted.
 */
const MIDDLEWARE_RULES: readonly PolicyRule[] = [
  {
    apiGroups: ["traefik.io"],
    resources: [
      "middlewares",
      "middlewaretcps",
      "tlsoptions",
      "tlsstores",
      "serverstransports",
      "serverstransporttcps",
      "traefikservices",
      "ingressroutes",
      "ingressroutetcps",
      "ingressrouteudps",
    ],
    verbs: INFORM,
  },
];

/** The rules that Traefik needs with these options. */
export function traefikRules({
  experimentalChannel = false,
  middlewares = false,
}: Pick<TraefikOptions, "experimentalChannel" | "middlewares">): readonly PolicyRule[] {
  return [
    ...TRAEFIK_RULES,
    ...(experimentalChannel ? EXPERIMENTAL_RULES : []),
    ...(middlewares ? MIDDLEWARE_RULES : []),
  ];
}
