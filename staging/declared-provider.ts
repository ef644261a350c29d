import { z } from "zod";
import type { ClusterIdentityArgs, ClusterProvider } from "./cluster-identity.ts";

/** Name of the provider that a stack declares. */
export const PROVIDER_NAME = "cluster";
/** Name of the stack output that holds the settings with which the last update declared the provider. Pulumi's diffs omit it, as they omit the evidence. */
export const PROVIDER_OUTPUT = "__provider";

const settings = z.object({
  context: z.string(),
  kubeconfig: z.string().optional(),
  clusterIdentifier: z.string().min(1),
});

/**
 * The provider in a stack's state, if the stack's outputs are enough to know it. Reading the state is slow, because the engine sends all of it, and each CRD
 * contains its whole schema.
 *
 * An update that fails may have changed the provider, but stores no outputs. So the output only counts while the kubeconfig and the context are configured as
 * when it was written. The identifier in the state is then the same: once a provider has one, every update declares it again.
 * @param output the output {@link PROVIDER_OUTPUT}, unparsed
 * @returns undefined if the state has to be read
 */
export function unchangedProvider(
  output: unknown,
  { kubeconfig, context }: ClusterIdentityArgs["configured"],
): ClusterProvider | undefined {
  const { data: declared } = settings.safeParse(output);
  const isUnchanged = declared?.context === context && declared.kubeconfig === kubeconfig;
  return isUnchanged ? (declared as ClusterProvider) : undefined;
}
