import type { KubeObject } from "./objects.ts";

/** What identifies an object on a cluster. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Read access to a live cluster. Every call fails within the client's time-out (5 s) with {@link EdgefirstError}. */
export interface ClusterReader {
  /** Context name, for messages. */
  readonly context: string;
  /** The live object, or undefined where it, or its kind, does not exist. */
  get(reference: ObjectReference): Promise<KubeObject | undefined>;
  /** All live objects of a kind in all namespaces, or in one; empty where the kind does not exist. */
  list(apiVersion: string, kind: string, namespace?: string): Promise<KubeObject[]>;
  /** Whether the API server serves this kind at this very version. */
  serves(apiVersion: string, kind: string): Promise<boolean>;
}

/** How an object is applied on the server side. */
export interface ApplyOptions {
  readonly fieldManager: string;
  /** Take fields over from other field managers. */
  readonly force?: boolean;
  /** Let the server compute the outcome and store nothing. */
  readonly dryRun?: boolean;
}

/** What a verification needs of a live cluster beyond reading objects. */
export interface LiveCluster extends ClusterReader {
  /** Applies an object on the server side and returns what the server stored, or would store. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  /** The answer to a GET of any path of the API server, as JSON: discovery, or what it hands on from a Service. */
  read(path: string): Promise<unknown>;
}

/** What a component's live check has to say before anything is changed. */
export interface Finding {
  /** error: nothing may be changed; warning and info: printed, the run goes on. */
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  /** What to do now. */
  readonly hint?: string;
}
