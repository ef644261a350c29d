import type { KubeObject } from "../../kube/objects.ts";

/** How many replicas run. */
export interface Autoscaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** CPU use to aim at, in percent of the request. */
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
    // Without metrics-server it is never active, which is no reason to fail an update.
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
