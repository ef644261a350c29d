import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../cluster/objects.ts";
import { declare, labelled, type CommonArgs } from "./declare.ts";

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
      const child = declare(object, {
        parent: this,
        retainOnDelete: retained,
        dependsOn: retained ? [] : [...first],
      });
      if (retained) first.push(child);
    }
    this.registerOutputs();
  }
}

/** The objects of the manifest, labelled; namespaces and CustomResourceDefinitions first, since the others need them. */
export function fluxInstallObjects({ manifests, labels }: FluxInstallArgs): KubeObject[] {
  const isFirst = ({ kind }: KubeObject): boolean => RETAINED.includes(kind);
  return [...manifests.filter(isFirst), ...manifests.filter((object) => !isFirst(object))]
    .map((object) => withoutStatus(object))
    .map((object) => labelled(labels, isFirst(object) ? withFieldManager(object) : object));
}

/** The files that controller-gen makes hold an empty status, which the API server does not take. */
function withoutStatus(object: KubeObject): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => field !== "status")) as KubeObject;
}

/** A fixed field manager: a stack that is made anew owns the fields of what the former one left behind. The provider's own are random. */
function withFieldManager(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, "pulumi.com/patchFieldManager": "edgefirst" };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
