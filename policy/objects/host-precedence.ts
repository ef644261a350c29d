import { hasPlaceholder } from "./app-template.ts";

/** Whether a listener's hostname matches a route's for every value of the variables in them. */
export function surelyOverlap(listener: string | undefined, host: string): boolean {
  if (listener === undefined) return true;
  // The value of a template expression depends on the release.
  if (listener === host) return !host.includes("{{");
  return isBelow(host, listener) || isBelow(listener, host);
}

const isBelow = (host: string, wildcard: string): boolean =>
  wildcard.startsWith("*.") && !wildcard.includes("{{") && host.endsWith(wildcard.slice(1));

/**
 * Whether requests to a host that `own` surely matches may belong to another listener of the same port, because that may match the host more exactly for some
 * value of a variable.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#gatewayspec (listeners: the most specific hostname)
 */
export function mayOutrank(other: string | undefined, own: string | undefined, host: string): boolean {
  if (own === undefined) return other !== undefined;
  // A host that begins with a variable may be a wildcard, whose requests several listeners share.
  if (!/^[a-z\d]/i.test(host)) return true;
  if (own === host) return false;
  const first = host.slice(0, host.length - own.length + 1);
  if (first.includes(".") || hasPlaceholder(first)) return true;
  // Between one label and a wildcard for all its siblings, there is no other wildcard.
  return other !== undefined && !other.startsWith("*.");
}
