/** The annotation `edgefirst.dev/exempt.<rule>` exempts an object from that rule in `policy/`. */
export const EXEMPT_PREFIX = "edgefirst.dev/exempt.";

/**
 * A permanent exemption for one of our own objects from a rule that it cannot satisfy by design.
 * @param path the part of the object that is exempt
 */
export function exemption(rule: string, reason: string, path: string): Record<string, string> {
  return { [`${EXEMPT_PREFIX}${rule}`]: `${reason}; owner=edgefirst; until=never; path=${path}` };
}
