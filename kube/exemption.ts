/** `edgefirst.dev/exempt.<rule>` on an object exempts it from that rule of `policy/`. */
export const EXEMPT_PREFIX = "edgefirst.dev/exempt.";

/**
 * The annotation of an object of ours that cannot keep a rule, and never will as long as it is what it is.
 * @param path the part of the object that it holds for
 */
export function exemption(rule: string, reason: string, path: string): Record<string, string> {
  return { [`${EXEMPT_PREFIX}${rule}`]: `${reason}; owner=edgefirst; until=never; path=${path}` };
}
