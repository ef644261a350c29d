import { type NetworkObjects, readyEndpoints } from "./objects.ts";

const DOMAIN = ".cluster.local";

/**
 * The addresses of a name. As in Kubernetes DNS, a name below `cluster.local` belongs to a Service; any other is the host name of a Gateway
 * or Ingress. Empty if the name exists but has no address; undefined if it does not exist.
 */
export function addressesOf(name: string, objects: NetworkObjects): readonly string[] | undefined {
  return name.endsWith(DOMAIN)
    ? serviceAddresses(name.slice(0, -DOMAIN.length), objects)
    : hostAddresses(name, objects);
}

function serviceAddresses(name: string, objects: NetworkObjects): readonly string[] | undefined {
  const [svc, namespace = "", service = "", hostname, ...more] = name.split(".").reverse();
  if (svc !== "svc" || more.length > 0) return undefined;
  const found = objects.services.get(`${namespace}/${service}`);
  if (found === undefined) return undefined;
  const { clusterIP } = found.spec;
  if (hostname === undefined && clusterIP !== undefined && clusterIP !== "None") return [clusterIP];
  const endpoints = readyEndpoints(objects, found).filter(
    (endpoint) => hostname === undefined || endpoint.hostname === hostname,
  );
  return hostname !== undefined && endpoints.length === 0
    ? undefined
    : [...new Set(endpoints.map(({ address }) => address))];
}

function hostAddresses(name: string, objects: NetworkObjects): readonly string[] | undefined {
  const hosts = [...routeHosts(objects), ...ingressHosts(objects)].filter(
    ({ host, addresses }) => matches(host, name) && addresses.length > 0,
  );
  // An exact host name takes precedence over a wildcard, and a longer wildcard over a shorter one.
  const rank = (host: string): number => (host.startsWith("*") ? host.length : Infinity);
  hosts.sort((a, b) => rank(b.host) - rank(a.host));
  return hosts[0]?.addresses;
}

interface Host {
  readonly host: string;
  readonly addresses: readonly string[];
}

function routeHosts({ routes, gateways }: NetworkObjects): Host[] {
  return [...routes.values()].flatMap(({ spec, metadata }) =>
    (spec.parentRefs ?? []).flatMap((parent) => {
      const gateway = gateways.get(`${parent.namespace ?? metadata.namespace}/${parent.name}`);
      if (gateway === undefined || (parent.kind ?? "Gateway") !== "Gateway") return [];
      const listeners = (gateway.spec.listeners ?? []).flatMap(({ hostname }) => hostname ?? []);
      const addresses = (gateway.status?.addresses ?? [])
        .filter(({ type }) => (type ?? "IPAddress") === "IPAddress")
        .map(({ value }) => value);
      return (spec.hostnames ?? listeners).map((host) => ({ host, addresses }));
    }),
  );
}

function ingressHosts({ ingresses }: NetworkObjects): Host[] {
  return [...ingresses.values()].flatMap(({ spec, status }) =>
    (spec.rules ?? []).flatMap(({ host }) => ({
      host: host ?? "",
      addresses: (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
    })),
  );
}

function matches(host: string, name: string): boolean {
  return host.startsWith("*.") ? name.endsWith(host.slice(1)) && name !== host.slice(2) : host === name;
}
