import type { KubeObject } from "../../kube/objects.ts";

/** The range of replicas, and the target that decides their number. */
export interface Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Target CPU utilization, in percent of the request. */
  readonly cpuUtilization: number;
}

/** The HorizontalPodAutoscaler of the Deployment with this name. */
export function autoscaler(
  metadata: { readonly name: string; readonly namespace: string },
  { minReplicas, maxReplicas, cpuUtilization }: Autoscaling,
): KubeObject {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    // Without metrics-server, the autoscaler never becomes active, but that must not fail the update.
    metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: metadata.name },
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpuUtilization } },
        },
      ],
    },
  };
}
