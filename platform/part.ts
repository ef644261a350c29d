import type * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "../kube/client.ts";
import type { KubeObject } from "../kube/objects.ts";
import type { CommonArgs } from "../components/shared/declare.ts";
import type { StackConfig } from "../config/load.ts";
import type { Pins } from "../config/pins.ts";

/** What the platform of one stack is made from. */
export interface PlatformArgs {
  readonly stack: string;
  readonly config: StackConfig;
  readonly pins: Pins;
  readonly cluster: ClusterReader;
  /** Labels of every object of the stack. */
  readonly labels: CommonArgs["labels"];
}

/** One component of the platform: what it declares, what it checks on the live cluster, and how it is created. */
export interface Part {
  readonly name: string;
  /** Names of the parts without which the API server would refuse this one; controllers catch up with the rest. Those that the stack does without are passed over. */
  readonly after: readonly string[];
  /** Namespaces that must be there. */
  readonly namespaces?: readonly string[];
  readonly objects: readonly KubeObject[];
  readonly check?: (cluster: ClusterReader) => Promise<readonly Finding[]>;
  readonly create: (options: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;
}
