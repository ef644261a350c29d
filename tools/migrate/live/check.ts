/** Whether a live cluster is ready for the repository's next phase. */
export interface CheckReport {
  readonly step: string;
  /** The cluster's name in the repository, such as `kubernetes/edge`. */
  readonly cluster: string;
  /** Context in the kubeconfig. */
  readonly context: string;
  /** The phase that the repository has reached. */
  readonly phase: string;
  /** Whether it is safe to continue. */
  readonly safe: boolean;
  /** What prevents the next phase, one sentence each. */
  readonly obstacles: readonly string[];
  /** What could not be checked and has to be verified by hand. */
  readonly notes: readonly string[];
  /** What to do now. */
  readonly next: string;
  /** What each live Kustomization owns, keyed by its `namespace/name`; objects are formatted by `describeOwned`. */
  readonly inventory: Readonly<Record<string, readonly string[]>>;
}
