import * as pulumi from "@pulumi/pulumi";
import { exemption } from "../../kube/exemption.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { declare, declareRetained, labelled, withoutStatus, type CommonArgs } from "../shared/declare.ts";

/** Arguments of {@link FluxInstall}. */
export interface FluxInstallArgs extends CommonArgs {
  /** The objects of a `flux install --export`, verified. */
  readonly manifests: readonly KubeObject[];
}

/** Kinds that outlive the stack: deleting one deletes everything of its kind, or in it. */
const RETAINED = ["CustomResourceDefinition", "Namespace"];

/** Flux's controllers, for a cluster that has none. */
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

/** The objects of the manifest, labelled; namespaces and CustomResourceDefinitions first, since the others need them. */
export function fluxInstallObjects({ manifests, labels }: FluxInstallArgs): KubeObject[] {
  const isFirst = ({ kind }: KubeObject): boolean => RETAINED.includes(kind);
  return [...manifests.filter(isFirst), ...manifests.filter((object) => !isFirst(object))].map((object) =>
    labelled(labels, exempted(withoutStatus(object))),
  );
}

/** Flux publishes its controllers without a startup probe, and their images and manifests are Flux's own. */
function exempted(object: KubeObject): KubeObject {
  if (object.kind !== "Deployment") return object;
  const annotation = exemption("workload-probes", "as Flux publishes it", "spec.template.spec.containers");
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotation } } };
}
