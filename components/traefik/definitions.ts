import * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { isOwn } from "../../kube/ownership.ts";
import { declareRetained, labelled, type CommonArgs } from "../shared/declare.ts";

/** Arguments of {@link TraefikDefinitions}. */
export interface TraefikDefinitionsArgs extends CommonArgs {
  /** The CRDs to declare: those that no other owner has installed. */
  readonly crds: readonly KubeObject[];
}

/** Traefik's CRDs, which Traefik needs to read Middlewares. They outlive the stack, because deleting a CRD deletes all its objects. */
export class TraefikDefinitions extends pulumi.ComponentResource {
  constructor(name: string, args: TraefikDefinitionsArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:TraefikDefinitions", name, {}, options);
    for (const object of traefikDefinitionObjects(args)) declareRetained(object, { parent: this });
    this.registerOutputs();
  }
}

/** The component's objects. */
export function traefikDefinitionObjects({ crds, labels }: TraefikDefinitionsArgs): KubeObject[] {
  return crds.map((crd) => labelled(labels, crd));
}

/** The CRDs that do not exist yet or belong to this stack. CRDs of another owner, such as Traefik's chart, are used unchanged. */
export async function ownDefinitions(
  crds: readonly KubeObject[],
  cluster: ClusterReader,
  args: Parameters<typeof isOwn>[1],
): Promise<KubeObject[]> {
  const own = await Promise.all(
    crds.map(async (crd) => {
      const live = await cluster.get(crd);
      return live === undefined || (await isOwn(live, args));
    }),
  );
  return crds.filter((_, index) => own[index]);
}

/** Reports another owner's CRDs that do not serve the version that Traefik watches. Traefik would then serve nothing. */
export async function checkDefinitions(
  crds: readonly KubeObject[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const live = await Promise.all(crds.map((crd) => cluster.get(crd)));
  const missing = crds.filter((crd, index) => {
    const served = live[index] === undefined ? undefined : versionsOf(live[index]);
    return served !== undefined && versionsOf(crd).some((version) => !served.includes(version));
  });
  if (missing.length === 0) return [];
  return [
    {
      severity: "error",
      message: `Traefik's CRDs on ${cluster.context} do not serve every version that Traefik watches: ${missing.map(({ metadata }) => metadata.name).join(", ")}. With traefik.middlewares, Traefik would serve nothing.`,
      hint: "Have the owner of the CRDs install those of Traefik 3, or set traefik.middlewares to false.",
    },
  ];
}

function versionsOf({ spec }: KubeObject): string[] {
  const { versions = [] } = (spec ?? {}) as { versions?: { name: string; served: boolean }[] };
  return versions.filter(({ served }) => served).map(({ name }) => name);
}
