import { KubeConfig } from "@kubernetes/client-node";
import { EdgefirstError } from "../errors.ts";

/** Where a cluster is reached. */
export interface ClusterAddress {
  /** Path of the kubeconfig; by default KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  /** Name of the context in it. */
  readonly context: string;
}

const MEND =
  "Set edgefirst:cluster.kubeconfig or the environment variable KUBECONFIG to a complete kubeconfig.";

/**
 * Reads the kubeconfig and chooses the context.
 * @throws {EdgefirstError} where it cannot be read, has no such context, or the context names a cluster that is not in it.
 */
export function loadKubeconfig({ kubeconfig, context }: ClusterAddress): KubeConfig {
  const config = new KubeConfig();
  const from = kubeconfig ?? process.env.KUBECONFIG ?? "~/.kube/config";
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new EdgefirstError(`The kubeconfig ${from} cannot be read: ${firstLine(error)}`, MEND);
  }
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map((entry) => entry.name);
    throw new EdgefirstError(
      `The kubeconfig ${from} has no context ${context} (it has: ${known.join(", ") || "none"}).`,
      "Set edgefirst:cluster.context to one of them, or KUBECONFIG to another file.",
    );
  }
  config.setCurrentContext(context);
  if (config.getCurrentCluster() === null)
    throw new EdgefirstError(
      `The context ${context} of the kubeconfig ${from} names a cluster that is not in it.`,
      MEND,
    );
  return config;
}

/** A YAML fault goes on to quote the lines around it, which in a kubeconfig may be a key. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
