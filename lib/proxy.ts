import { BlockList, isIP } from "node:net";
import { isLoopback } from "./loopback.ts";

/**
 * The proxy for a server, chosen from the environment the way kubectl does: HTTPS_PROXY or HTTP_PROXY, except for this machine and the hosts in NO_PROXY
 * (golang.org/x/net/http/httpproxy, `Config`).
 */
export function proxyFor(
  server: string,
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const read = (name: string): string => environment[name] ?? environment[name.toLowerCase()] ?? "";
  const proxy = read(protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  const host = hostname.replace(/^\[|\]$/g, "");
  const target = { host, port: port === "" ? (protocol === "https:" ? "443" : "80") : port };
  if (proxy === "" || isLoopback(host) || isExcluded(target, read("NO_PROXY"))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

interface Target {
  readonly host: string;
  readonly port: string;
}

function isExcluded(target: Target, noProxy: string): boolean {
  return noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && (entry === "*" || matches(target, entry)));
}

function matches({ host, port }: Target, entry: string): boolean {
  const [, network = "", prefix] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
  if (prefix !== undefined) return isIP(host) !== 0 && inNetwork(host, network, Number(prefix));
  // An IPv6 address can have a port only if it is in brackets.
  const [, name = "", only = port] =
    isIP(entry) === 6 ? ["", entry] : (/^\[?(.+?)\]?(?::(\d+))?$/.exec(entry) ?? []);
  if (only !== port) return false;
  if (isIP(name) !== 0) return name === host;
  const suffix = name.replace(/^\*/, "");
  return host.endsWith(suffix.startsWith(".") ? suffix : `.${suffix}`) || host === suffix;
}

function inNetwork(host: string, network: string, prefix: number): boolean {
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  if (isIP(network) === 0 || prefix > (family === "ipv6" ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
