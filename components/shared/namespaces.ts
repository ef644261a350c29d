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

/** The Namespace objects, with pruning by Flux disabled in case one of them is added to the repository later. */
export function namespaceObjects({ names, labels }: NamespacesArgs): KubeObject[] {
  return names.map((name) =>
    labelled(labels, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, annotations: { "kustomize.toolkit.fluxcd.io/prune": "disabled" } },
    }),
  );
}
