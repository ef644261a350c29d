import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import { declareRetained, labelled, type CommonArgs } from "./declare.ts";

/** Arguments of {@link Namespaces}. */
export interface NamespacesArgs extends CommonArgs {
  /** Names of the namespaces to declare: those that were absent, and those that are this stack's. */
  readonly names: readonly string[];
}

/** The namespaces that the platform lives in. They outlive the stack: what else is in them is not ours to delete. */
export class Namespaces extends pulumi.ComponentResource {
  constructor(name: string, args: NamespacesArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Namespaces", name, {}, options);
    for (const object of namespaceObjects(args)) declareRetained(object, { parent: this });
    this.registerOutputs();
  }
}

/** The Namespace objects. Pruning by Flux is off, should the repository come to hold one of them. */
export function namespaceObjects({ names, labels }: NamespacesArgs): KubeObject[] {
  return names.map((name) =>
    labelled(labels, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, annotations: { "kustomize.toolkit.fluxcd.io/prune": "disabled" } },
    }),
  );
}
