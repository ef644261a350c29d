/** Where a pod is. */
export interface PodPlace {
  readonly podIP: string;
  readonly hostIP: string;
}
