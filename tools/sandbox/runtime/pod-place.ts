/** The addresses of a pod and its node. */
export interface PodPlace {
  readonly podIP: string;
  readonly hostIP: string;
}
