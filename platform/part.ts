import type * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "../kube/client.ts";
import type { KubeObject } from "../kube/objects.ts";
import type { CommonArgs } from "../components/shared/declare.ts";
import type { StackConfig } from "../config/load.ts";
import type { Pins } from "../config/pins.ts";

/** Arguments for planning the platform of a stack. */
export interface PlatformArgs {
  readonly stack: string;
  readonly config: StackConfig;
  readonly pins: Pins;
  readonly cluster: ClusterReader;
  /** Labels for every object of the stack. */
  readonly labels: CommonArgs["labels"];
}

/** A component of the platform: what it declares, what it checks on the live cluster, and how to create it. */
export interface Part {
  readonly name: string;
  /** Names of parts without which the API server would refuse this one; controllers catch up with the rest. Parts that the stack does not have are ignored. */
  readonly dependsOn: readonly string[];
  /** Namespaces that must exist. */
  readonly namespaces?: readonly string[];
  readonly objects: readonly KubeObject[];
  readonly check?: (cluster: ClusterReader) => Promise<readonly Finding[]>;
  readonly create: (options: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;
}
