import type * as client from "@kubernetes/client-node";
import type { RequestOptions } from "node:https";
import { createRequire } from "node:module";
import { proxyFor } from "../lib/proxy.ts";
import { directAccess, type ClusterAccess } from "./cluster-access.ts";
import { readContext, type ClusterAddress, type KubeContext } from "./kubeconfig-files.ts";

export type { ClusterAddress } from "./kubeconfig-files.ts";

/**
 * Reads the kubeconfig and selects the context. Supports everything in a kubeconfig that kubectl supports.
 * @throws {EdgefirstError} if a file cannot be read, or if the context, its cluster or its user is missing
 */
export function loadKubeconfig(address: ClusterAddress): ClusterAccess {
  const context = readContext(address);
  const direct = directAccess(context);
  const configured = context.cluster["proxy-url"];
  const proxy = typeof configured === "string" && configured !== "" ? configured : proxyFor(direct.server);
  const provider = context.user["auth-provider"];
  if (proxy === undefined && !(provider instanceof Object)) return direct;
  return libraryAccess(direct, context, proxy);
}

/**
 * Adds the proxy's agent, and the token of an `auth-provider`, through the client library. The library is loaded only here, because loading it takes longer
 * than all of the program's other imports together.
 */
function libraryAccess(
  direct: ClusterAccess,
  { user }: KubeContext,
  proxy: string | undefined,
): ClusterAccess {
  const library = createRequire(import.meta.url)("@kubernetes/client-node") as typeof client;
  const config = new library.KubeConfig();
  const content = {
    // kubectl lets a SOCKS proxy resolve the server's name, since it may be known only to the proxy. The library does so only for `socks5h:`.
    clusters: [
      { name: "c", cluster: { server: direct.server, "proxy-url": proxy?.replace(/^socks5:/, "socks5h:") } },
    ],
    users: [{ name: "u", user: { "auth-provider": user["auth-provider"] } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  config.loadFromString(JSON.stringify(content));
  const authenticate = async (options: RequestOptions): Promise<void> => {
    await direct.authenticate(options);
    await config.applyToHTTPSOptions(options);
    // Without a proxy, use our own agent, which limits the number of connections.
    if (proxy === undefined) delete options.agent;
  };
  return { ...direct, authenticate };
}
