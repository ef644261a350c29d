import type { KubeObject } from "./objects.ts";

/** Identifies an object on a cluster. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/**
 * Read access to a live cluster. A call that fails, or does not finish within the client's timeout (5 s), throws {@link EdgefirstError}.
 */
export interface ClusterReader {
  /** Name of the context, for messages. */
  readonly context: string;
  /** The live object; undefined if the object or its kind does not exist. */
  get(reference: ObjectReference): Promise<KubeObject | undefined>;
  /** All live objects of a kind, in one namespace or, by default, in all; empty if the kind does not exist. */
  list(apiVersion: string, kind: string, namespace?: string): Promise<KubeObject[]>;
  /** Whether the API server serves this kind in exactly this version. */
  serves(apiVersion: string, kind: string): Promise<boolean>;
}

/** Options for a server-side apply. */
export interface ApplyOptions {
  readonly fieldManager: string;
  /** Take fields over from other field managers. */
  readonly force?: boolean;
  /** Let the server compute the result without storing it. */
  readonly dryRun?: boolean;
}

/** A live cluster, with the operations that a verification needs in addition to reading objects. */
export interface LiveCluster extends ClusterReader {
  /** Applies an object on the server side and returns what the server stored, or would store. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  /** The JSON response to a GET request for any path on the API server, such as discovery or a Service's proxy. */
  read(path: string): Promise<unknown>;
}

/** A result of a check that runs before anything is changed. */
export interface Finding {
  /** An `error` stops the run before anything is changed; a `warning` or `info` is only printed. */
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  /** What to do now. */
  readonly hint?: string;
}
