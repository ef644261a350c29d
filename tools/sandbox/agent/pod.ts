/** The fields of a Pod that the agent reads and writes, in plain JSON. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly hostNetwork?: boolean;
    readonly restartPolicy?: "Always" | "OnFailure" | "Never";
    readonly readinessGates?: readonly { readonly conditionType: string }[];
  };
  readonly status: PodStatus;
}

/** A container as declared. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: "Always";
}

/** A Pod's status. */
export interface PodStatus {
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly podIP?: string;
  readonly startTime?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly [field: string]: unknown;
}

/** One condition of a Pod. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  /** In a patch, null removes the field. */
  readonly reason?: string | null;
  readonly message?: string | null;
  readonly lastTransitionTime?: string;
}

/** The status of a container. */
export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly state: object;
  readonly [field: string]: unknown;
}
