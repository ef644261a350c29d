import type * as client from "@kubernetes/client-node";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { EdgefirstError } from "../lib/errors.ts";
import { plainAccess, type ClusterAccess } from "./plain-kubeconfig.ts";

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
export function loadKubeconfig(address: ClusterAddress): ClusterAccess {
  const file = address.kubeconfig ?? process.env.KUBECONFIG ?? join(homedir(), ".kube/config");
  // KUBECONFIG may name several files, which the library merges.
  const isOne = address.kubeconfig !== undefined || !file.includes(delimiter);
  return (isOne ? plainAccess(file, address.context) : undefined) ?? libraryAccess(address);
}

/** The same by the client library, which is loaded here: it takes longer than all else that the program imports. */
function libraryAccess({ kubeconfig, context }: ClusterAddress): ClusterAccess {
  const library = createRequire(import.meta.url)("@kubernetes/client-node") as typeof client;
  const config = new library.KubeConfig();
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
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new EdgefirstError(
      `The context ${context} of the kubeconfig ${from} names a cluster that is not in it.`,
      MEND,
    );
  return { server: cluster.server, authenticate: (options) => config.applyToHTTPSOptions(options) };
}

/** A YAML fault goes on to quote the lines around it, which in a kubeconfig may be a key. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
