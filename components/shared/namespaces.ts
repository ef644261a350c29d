import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import { declareRetained, labelled, type CommonArgs } from "./declare.ts";

/** Arguments of {@link Namespaces}. */
export interface NamespacesArgs extends CommonArgs {
  /** Namespaces to declare: those that do not exist yet, and those that this stack owns. */
  readonly names: readonly string[];
}

/** The platform's namespaces. They outlive the stack, since other owners may have put objects into them. */
export class Namespaces extends pulumi.ComponentResource {
  constructor(name: string, args: NamespacesArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Namespaces", name, {}, options);
    for (const object of namespaceObjects(args)) declareRetained(object, { parent: this });
    this.registerOutputs();
  }
}

/** The Namespace objects. An annotation keeps Flux from pruning them, in case one is added to the repository and later removed. */
export function namespaceObjects({ names, labels }: NamespacesArgs): KubeObject[] {
  return names.map((name) =>
    labelled(labels, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, annotations: { "kustomize.toolkit.fluxcd.io/prune": "disabled" } },
    }),
  );
}
