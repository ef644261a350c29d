import type { Flags } from "./flags.ts";

/**
 * Whether external-dns manages a host; a pattern replaces the lists of domains.
 * Source: endpoint/domain_filter.go in https://github.com/kubernetes-sigs/external-dns
 */
export function managedHosts({ all }: Flags): (host: string) => boolean {
  const [included] = all("regex-domain-filter", "regexDomainFilter");
  const [left] = all("regex-domain-exclusion", "regexDomainExclusion");
  const domains = all("domain-filter", "domainFilters");
  const excluded = all("exclude-domains", "excludeDomains");
  return (host) =>
    included === undefined && left === undefined
      ? mayCover(host, domains) && !isWithin(host, excluded)
      : isUnknown(host) || (matches(left, host) !== true && matches(included, host) !== false);
}

/** Whether a pattern matches; undefined without one, or if it is none that JavaScript understands. */
function matches(pattern: string | undefined, host: string): boolean | undefined {
  if (pattern === undefined || pattern === "") return undefined;
  try {
    return new RegExp(pattern).test(host);
  } catch {
    return undefined;
  }
}

/** Whether a host may be in one of the domains, of which none means all. A variable without a known value may stand for any name. */
export function mayCover(host: string, domains: readonly string[]): boolean {
  return domains.length === 0 || isUnknown(host) || domains.some(isUnknown) || isWithin(host, domains);
}

const isUnknown = (name: string): boolean => name.includes("${");

const isWithin = (host: string, domains: readonly string[]): boolean =>
  domains.some((domain) => host === domain || host.endsWith(domain.replace(/^\.?/, ".")));
