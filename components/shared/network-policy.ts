import type { KubeObject } from "../../kube/objects.ts";

/** Arguments of {@link networkPolicy}. */
export interface NetworkPolicyArgs {
  readonly name: string;
  readonly namespace: string;
  /** Labels of the pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Ports that anyone may reach, by name. */
  readonly open: readonly NamedPort[];
  /** Ports that pods of the cluster may reach. */
  readonly inCluster?: readonly NamedPort[];
}

/** A named container port. */
export interface NamedPort {
  readonly name: string;
  readonly protocol?: "TCP" | "UDP";
}

/**
 * Closes every port of the pods except these. Kubelets reach their probes anyway. Connections from the pods stay open: Traefik and Gatus must reach every app, wherever
 * it listens.
 */
export function networkPolicy({
  name,
  namespace,
  selector,
  open,
  inCluster = [],
}: NetworkPolicyArgs): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace },
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ["Ingress"],
      ingress: [
        { ports: open.map(portOf) },
        ...(inCluster.length === 0
          ? []
          : [{ from: [{ namespaceSelector: {} }], ports: inCluster.map(portOf) }]),
      ],
    },
  };
}

function portOf({ name, protocol = "TCP" }: NamedPort): Record<string, unknown> {
  return { port: name, protocol };
}
