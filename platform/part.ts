import type * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding, ObjectReference } from "../kube/client.ts";
import type { KubeObject } from "../kube/objects.ts";
import type { CommonArgs } from "../components/shared/declare.ts";
import type { StackConfig } from "../config/load.ts";
import type { Pins } from "../config/pins.ts";

/** Arguments for planning a stack's platform. */
export interface PlatformArgs {
  readonly stack: string;
  readonly config: StackConfig;
  readonly pins: Pins;
  readonly cluster: ClusterReader;
  /** The objects in the stack's state; read only if needed. */
  readonly recorded: () => Promise<readonly ObjectReference[]>;
  /** Labels for all of the stack's objects. */
  readonly labels: CommonArgs["labels"];
}

/** A component of the platform: the objects that it declares, the checks that it runs on the live cluster, and how to create it. */
export interface Part {
  readonly name: string;
  /**
   * Names of the parts without which the API server would reject this one, or to which a controller in this one does not catch up. Parts that are not in the
   * stack are ignored.
   */
  readonly dependsOn: readonly string[];
  /** Namespaces that must exist. */
  readonly namespaces?: readonly string[];
  readonly objects: readonly KubeObject[];
  readonly check?: (cluster: ClusterReader) => Promise<readonly Finding[]>;
  readonly create: (options: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;
}
