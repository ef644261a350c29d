import type { GroupKind } from "../engine/object-index.ts";

/** The kinds that rules read. */
export const HELM_RELEASE: GroupKind = { group: "helm.toolkit.fluxcd.io", kind: "HelmRelease" };
export const FLUX_KUSTOMIZATION: GroupKind = { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };
export const BUILD_KUSTOMIZATION: GroupKind = { group: "kustomize.config.k8s.io", kind: "Kustomization" };
export const BUILD_COMPONENT: GroupKind = { group: "kustomize.config.k8s.io", kind: "Component" };
export const OCI_REPOSITORY: GroupKind = { group: "source.toolkit.fluxcd.io", kind: "OCIRepository" };
export const HELM_REPOSITORY: GroupKind = { group: "source.toolkit.fluxcd.io", kind: "HelmRepository" };
export const HTTP_ROUTE: GroupKind = { group: "gateway.networking.k8s.io", kind: "HTTPRoute" };
export const GRPC_ROUTE: GroupKind = { group: "gateway.networking.k8s.io", kind: "GRPCRoute" };
export const TCP_ROUTE: GroupKind = { group: "gateway.networking.k8s.io", kind: "TCPRoute" };
export const TLS_ROUTE: GroupKind = { group: "gateway.networking.k8s.io", kind: "TLSRoute" };
export const UDP_ROUTE: GroupKind = { group: "gateway.networking.k8s.io", kind: "UDPRoute" };
export const GATEWAY: GroupKind = { group: "gateway.networking.k8s.io", kind: "Gateway" };
export const GATEWAY_CLASS: GroupKind = { group: "gateway.networking.k8s.io", kind: "GatewayClass" };
export const REFERENCE_GRANT: GroupKind = { group: "gateway.networking.k8s.io", kind: "ReferenceGrant" };
export const INGRESS: GroupKind = { group: "networking.k8s.io", kind: "Ingress" };
export const INGRESS_ROUTE: GroupKind = { group: "traefik.io", kind: "IngressRoute" };
export const MIDDLEWARE: GroupKind = { group: "traefik.io", kind: "Middleware" };
export const CONFIG_MAP: GroupKind = { group: "", kind: "ConfigMap" };
export const SECRET: GroupKind = { group: "", kind: "Secret" };
export const SERVICE: GroupKind = { group: "", kind: "Service" };
export const NAMESPACE: GroupKind = { group: "", kind: "Namespace" };
export const CLAIM: GroupKind = { group: "", kind: "PersistentVolumeClaim" };
export const DEPLOYMENT: GroupKind = { group: "apps", kind: "Deployment" };
export const DAEMON_SET: GroupKind = { group: "apps", kind: "DaemonSet" };
export const STATEFUL_SET: GroupKind = { group: "apps", kind: "StatefulSet" };
