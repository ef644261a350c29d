/** Where pods run, and the patch to their template. */
export interface Placement {
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly tolerations?: readonly object[] | undefined;
  /** The same format as a pod's `spec.affinity`. */
  readonly affinity?: Readonly<Record<string, unknown>> | undefined;
  readonly priorityClassName?: string | undefined;
  /** Secrets with registry credentials. */
  readonly pullSecrets?: readonly string[] | undefined;
  /** A strategic merge patch to the pod template. */
  readonly podPatch?: Readonly<Record<string, unknown>> | undefined;
}

/** The fields of a pod's spec for this placement. Empty ones are omitted, so that a default placement changes nothing. */
export function placementFields(placement: Placement): Record<string, unknown> {
  const { nodeSelector = {}, tolerations = [], affinity, priorityClassName, pullSecrets = [] } = placement;
  return {
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(affinity !== undefined && { affinity }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
  };
}
