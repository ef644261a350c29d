import type { KubeObject } from "../../../kube/objects.ts";

/** The Traefik kinds that external-dns watches, with any content. */
export const TRAEFIK_DEFINITIONS: readonly KubeObject[] = [
  "IngressRoute",
  "IngressRouteTCP",
  "IngressRouteUDP",
].map((kind) => {
  const plural = `${kind.toLowerCase()}s`;
  const schema = {
    openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.traefik.io` },
    spec: {
      group: "traefik.io",
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [{ name: "v1alpha1", served: true, storage: true, schema }],
    },
  };
});
