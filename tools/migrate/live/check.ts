/** What a live cluster says of the phase that a repository is in. */
export interface CheckReport {
  readonly step: string;
  /** As the repository names it: `kubernetes/edge`. */
  readonly cluster: string;
  /** Of the kubeconfig. */
  readonly context: string;
  /** How far the repository has come. */
  readonly phase: string;
  /** Whether it is safe to go on. */
  readonly safe: boolean;
  /** What stands against it, a sentence each. */
  readonly obstacles: readonly string[];
  /** What could not be looked at, or is left to a person. */
  readonly notes: readonly string[];
  /** What to do now. */
  readonly next: string;
  /** What each live Kustomization owns: its `namespace/name`, and objects as {@link LiveObject} describes them. */
  readonly inventory: Readonly<Record<string, readonly string[]>>;
}
