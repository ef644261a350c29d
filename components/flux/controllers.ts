import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { FluxAppsArgs } from "./apps.ts";

interface PodTemplate {
  readonly template?: {
    readonly spec?: { readonly containers?: readonly { readonly args?: readonly string[] }[] };
  };
}

/**
 * What the flags of the live controllers say about a placement: with `--no-cross-namespace-refs=true` a child can name no source elsewhere, and without
 * `--default-service-account` strict mode binds only those whom the patches reach
 * (https://fluxcd.io/flux/installation/configuration/multitenancy/). Silent where the controllers cannot be read.
 */
export async function checkControllers(args: FluxAppsArgs, cluster: ClusterReader): Promise<Finding[]> {
  if (args.placement === "unchanged") return [];
  const [kustomize, helm] = await Promise.all(
    ["kustomize-controller", "helm-controller"].map((name) => flagsOf(name, args.root.namespace, cluster)),
  );
  return [
    ...(kustomize?.includes("--no-cross-namespace-refs=true") === true
      ? [
          {
            severity: "error" as const,
            message: `kustomize-controller on ${cluster.context} runs with --no-cross-namespace-refs=true: children outside ${args.root.source.namespace} cannot read their source there.`,
            hint: "Remove the flag, or keep edgefirst:flux.apps.placement unchanged.",
          },
        ]
      : []),
    ...(args.rbac === "strict"
      ? [
          ...withoutDefault("kustomize-controller", kustomize, cluster),
          ...withoutDefault("helm-controller", helm, cluster),
        ]
      : []),
  ];
}

function withoutDefault(
  name: string,
  flags: readonly string[] | undefined,
  { context }: ClusterReader,
): Finding[] {
  if (flags === undefined || flags.some((flag) => flag.startsWith("--default-service-account="))) return [];
  return [
    {
      severity: "warning",
      message: `${name} on ${context} runs without --default-service-account: who may make Kustomizations or HelmReleases in a tenant namespace can still make one with the controller's rights.`,
      hint: "Set the flag in the repository that installs Flux, and serviceAccountName on what is to keep the controller's rights.",
    },
  ];
}

async function flagsOf(
  name: string,
  namespace: string,
  cluster: ClusterReader,
): Promise<readonly string[] | undefined> {
  const deployment: KubeObject | undefined = await cluster.get({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
  });
  const containers = (deployment?.spec as PodTemplate | undefined)?.template?.spec?.containers;
  return containers?.flatMap(({ args = [] }) => args);
}
