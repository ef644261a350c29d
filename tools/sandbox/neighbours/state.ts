import { conditionOf, meets } from "../../../kube/conditions.ts";
import type { ClusterReader } from "../../../kube/client.ts";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";

/** The condition with which objects of a kind report that they are ready. */
interface ReadyCondition {
  readonly apiVersion: string;
  readonly kind: string;
  readonly condition: string;
}

const KINDS: readonly ReadyCondition[] = [
  { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", condition: "Available" },
  { apiVersion: "apps/v1", kind: "Deployment", condition: "Available" },
  { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", condition: "Ready" },
  { apiVersion: "cert-manager.io/v1", kind: "Certificate", condition: "Ready" },
  { apiVersion: "monitoring.coreos.com/v1", kind: "Prometheus", condition: "Available" },
  { apiVersion: "monitoring.coreos.com/v1", kind: "Alertmanager", condition: "Available" },
];

/** An object of a neighbour, or one that a neighbour has created for the platform. */
export interface NeighbourState {
  /** Such as `Certificate network/external`. */
  readonly object: string;
  readonly ready: boolean;
  /** The condition's message. */
  readonly message: string;
}

/** Whether objects of this kind report that they are ready. */
export function reportsReadiness(object: KubeObject): boolean {
  return conditionFor(object) !== undefined;
}

/** Whether an object of a kind for which {@link reportsReadiness} holds is ready. */
export function isReady(live: KubeObject | undefined): boolean {
  return live !== undefined && meets(live, conditionFor(live) ?? "");
}

/**
 * The state of the neighbours on a cluster.
 * @param namespaces the neighbours' namespaces; objects of the platform are left out, apart from its certificates
 */
export async function neighbourStates(
  cluster: ClusterReader,
  namespaces: readonly string[],
): Promise<NeighbourState[]> {
  const lists = KINDS.map(async ({ apiVersion, kind, condition }) => {
    const objects = await cluster.list(apiVersion, kind);
    return objects
      .filter((object) => isShown(object, namespaces))
      .map((object) => {
        const found = conditionOf(object, condition);
        return {
          object: describeObject(object),
          ready: found?.status === "True",
          message: found?.message ?? "no status yet",
        };
      });
  });
  return (await Promise.all(lists)).flat();
}

/** An APIService without a Service is one that the API server serves itself. */
function isShown({ apiVersion, kind, metadata, spec }: KubeObject, namespaces: readonly string[]): boolean {
  if (apiVersion.startsWith("cert-manager.io/")) return true;
  if (kind === "APIService") return (spec as { service?: object }).service !== undefined;
  return namespaces.includes(metadata.namespace ?? "");
}

function conditionFor(object: KubeObject): string | undefined {
  return KINDS.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind)
    ?.condition;
}
