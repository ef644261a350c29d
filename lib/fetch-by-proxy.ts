import type { ProxyAgent } from "undici";
import { proxyFor } from "./proxy.ts";

/** `fetch`, or a replacement for it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One for each proxy and kind of URL: it keeps its connections open for further requests. */
const agents = new Map<string, ProxyAgent>();

/**
 * `fetch` through the proxy that the environment names for the URL, like Go's programs and curl; Node's own ignores it. For what is out in the world: a check of
 * a cluster's addresses must not depend on a proxy.
 */
export const fetchByProxy: Fetch = async (url, init) => {
  const proxy = proxyFor(url);
  if (proxy === undefined) return fetch(url, init);
  // Loaded only here, because most machines need no proxy.
  const undici = await import("undici");
  // A plain request is sent to the proxy itself, because many proxies open tunnels to port 443 only.
  const proxyTunnel = url.startsWith("https:");
  const key = JSON.stringify([proxy, proxyTunnel]);
  const dispatcher = agents.get(key) ?? new undici.ProxyAgent({ uri: proxy, proxyTunnel });
  agents.set(key, dispatcher);
  const response = await undici.fetch(url, { ...(init as object), dispatcher });
  return new Response(response.body, response);
};
