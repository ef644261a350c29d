import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { FluxAppsArgs } from "./apps.ts";

interface PodTemplate {
  readonly template?: {
    readonly spec?: { readonly containers?: readonly { readonly args?: readonly string[] }[] };
  };
}

/**
 * Checks the flags of the live controllers against the placement: with `--no-cross-namespace-refs=true`, a child cannot use a source in another namespace, and
 * without `--default-service-account`, strict mode restricts only the children that are patched
 * (https://fluxcd.io/flux/installation/configuration/multitenancy/). Reports nothing if the controllers are not in the root's namespace.
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
            message: `kustomize-controller on ${cluster.context} runs with --no-cross-namespace-refs=true: a child outside ${args.root.source.namespace} cannot use its source in that namespace.`,
            hint: "Remove the flag, or set edgefirst:flux.apps.placement to unchanged.",
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
      message: `${name} on ${context} runs without --default-service-account: anyone who can create Kustomizations or HelmReleases in a tenant namespace can still create one with the controller's permissions.`,
      hint: "Set the flag in the repository that installs Flux, and set serviceAccountName in every Kustomization or HelmRelease that needs more permissions than the default ServiceAccount.",
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
