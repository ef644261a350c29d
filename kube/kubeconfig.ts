import type * as client from "@kubernetes/client-node";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { EdgefirstError } from "../lib/errors.ts";
import { plainAccess, type ClusterAccess } from "./plain-kubeconfig.ts";

/** How to find a cluster. */
export interface ClusterAddress {
  /** Path of the kubeconfig; by default KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  /** Name of the context in it. */
  readonly context: string;
}

const FIX =
  "Point edgefirst:cluster.kubeconfig or the environment variable KUBECONFIG at a complete kubeconfig.";

/**
 * Reads the kubeconfig and selects the context.
 * @throws {EdgefirstError} if the file cannot be read, has no such context, or lacks the cluster that the context names
 */
export function loadKubeconfig(address: ClusterAddress): ClusterAccess {
  const file = address.kubeconfig ?? process.env.KUBECONFIG ?? join(homedir(), ".kube/config");
  // KUBECONFIG may list several files, which the library merges.
  const isOne = address.kubeconfig !== undefined || !file.includes(delimiter);
  return (isOne ? plainAccess(file, address.context) : undefined) ?? libraryAccess(address);
}

/**
 * The same through the client library, which is loaded only here: that takes longer than all of the program's other imports together.
 */
function libraryAccess({ kubeconfig, context }: ClusterAddress): ClusterAccess {
  const library = createRequire(import.meta.url)("@kubernetes/client-node") as typeof client;
  const config = new library.KubeConfig();
  const from = kubeconfig ?? process.env.KUBECONFIG ?? "~/.kube/config";
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new EdgefirstError(`The kubeconfig ${from} cannot be read: ${firstLine(error)}`, FIX);
  }
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map((entry) => entry.name);
    throw new EdgefirstError(
      `The kubeconfig ${from} has no context ${context} (contexts: ${known.join(", ") || "none"}).`,
      "Set edgefirst:cluster.context to one of them, or point KUBECONFIG at another file.",
    );
  }
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new EdgefirstError(
      `The context ${context} in the kubeconfig ${from} names a cluster that the file does not contain.`,
      FIX,
    );
  return { server: cluster.server, authenticate: (options) => config.applyToHTTPSOptions(options) };
}

/** A YAML error goes on to quote the lines around it, which in a kubeconfig may be a private key. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
