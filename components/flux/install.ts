import * as pulumi from "@pulumi/pulumi";
import { exemption } from "../../kube/exemption.ts";
import type { KubeObject } from "../../kube/objects.ts";
import {
  annotated,
  declare,
  declareRetained,
  labelled,
  withoutStatus,
  type CommonArgs,
} from "../shared/declare.ts";

/** Arguments of {@link FluxInstall}. */
export interface FluxInstallArgs extends CommonArgs {
  /** The verified objects from `flux install --export`. */
  readonly manifests: readonly KubeObject[];
}

/** Kinds that outlive the stack: deleting a CRD or a Namespace deletes every object of that kind or in that namespace. */
const RETAINED = ["CustomResourceDefinition", "Namespace"];

/** Flux's controllers, for a cluster without Flux. */
export class FluxInstall extends pulumi.ComponentResource {
  constructor(name: string, args: FluxInstallArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:FluxInstall", name, {}, options);
    const first: pulumi.Resource[] = [];
    for (const object of fluxInstallObjects(args)) {
      const retained = RETAINED.includes(object.kind);
      if (retained) first.push(declareRetained(object, { parent: this }));
      else declare(object, { parent: this, dependsOn: [...first] });
    }
    this.registerOutputs();
  }
}

/** The manifest's objects, labelled. Namespaces and CRDs come first, since the others need them. */
export function fluxInstallObjects({ manifests, labels }: FluxInstallArgs): KubeObject[] {
  const isFirst = ({ kind }: KubeObject): boolean => RETAINED.includes(kind);
  return [...manifests.filter(isFirst), ...manifests.filter((object) => !isFirst(object))].map((object) =>
    labelled(labels, exempted(withoutStatus(object))),
  );
}

/** Flux publishes its controllers without startup probes, and the manifest is applied as published. */
function exempted(object: KubeObject): KubeObject {
  if (object.kind !== "Deployment") return object;
  const annotation = exemption(
    "workload-probes",
    "installed as published by Flux",
    "spec.template.spec.containers",
  );
  return annotated(object, annotation);
}
