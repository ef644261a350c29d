import type { CaseTable } from "./case-table.ts";
import {
  BOTH,
  both,
  deployment,
  gateway,
  ingress,
  ingresses,
  ingressRoute,
  INGRESSES,
  listener,
  release,
  TARGET,
} from "./objects.ts";

const HTTP_ROUTES = ["gateway-httproute"];
const TRAEFIK = { sources: ["traefik-proxy"] };
const TRAEFIK_BOTH = { sources: ["traefik-proxy", "gateway-httproute"] };
const IN = { annotations: { [TARGET]: "in.example.com" } };
const FRONT = { annotations: { [TARGET]: "front.example.com" } };

/** What external-dns reads, from Ingresses, IngressRoutes and routes. */
export const SOURCES: CaseTable = {
  "Ingresses and routes": [both(), gateway(), ingress()],
  "Ingresses and routes, to the Gateway's target": [both(), gateway(FRONT), ingress()],
  "only Ingresses": [ingresses(), gateway(), ingress()],
  "only Ingresses, with a target": [ingresses(), gateway(), ingress(IN)],
  "only Ingresses, with the Gateway's target": [ingresses(), gateway(IN), ingress(IN)],
  "the chart's default sources": [release({}), gateway(), ingress()],
  "neither Ingresses nor routes": [release({ sources: ["service"] }), gateway(FRONT), ingress(IN)],
  "only routes": [release({ sources: HTTP_ROUTES }), gateway(), ingress()],
  "a target that the Gateway does not have": [both(), gateway(), ingress(IN)],
  "a target that the Gateway has as well": [both(), gateway(IN), ingress(IN)],
  "another target than the Gateway's": [both(), gateway(FRONT), ingress(IN)],
  "a target that is an address": [both(), gateway(), ingress({ annotations: { [TARGET]: "192.0.2.99" } })],
  "two targets, in another order": [
    both(),
    gateway({ annotations: { [TARGET]: "192.0.2.2,192.0.2.1" } }),
    ingress({ annotations: { [TARGET]: "192.0.2.1, 192.0.2.2" } }),
  ],
  "a target with a dot at its end": [
    both(),
    gateway(IN),
    ingress({ annotations: { [TARGET]: "in.example.com." } }),
  ],
  "an empty target": [both(), gateway(), ingress({ annotations: { [TARGET]: "" } })],
  "an empty target of the Gateway": [both(), gateway({ annotations: { [TARGET]: "" } }), ingress()],
  "the policy upsert-only": [release({ ...INGRESSES, policy: "upsert-only" }), gateway(), ingress()],
  "the policy create-only": [release({ ...INGRESSES, policy: "create-only" }), gateway(), ingress()],
  "routes as well, and the policy create-only": [
    release({ ...BOTH, policy: "create-only" }),
    gateway(),
    ingress(),
  ],
  "routes as well, and the policy upsert-only": [
    release({ ...BOTH, policy: "upsert-only" }),
    gateway(),
    ingress(IN),
  ],
  "a source in extraArgs": [
    release({ ...INGRESSES, extraArgs: ["--source=gateway-httproute"] }),
    gateway(),
    ingress(),
  ],
  "sources in a map of extraArgs": [
    release({ sources: ["service"], extraArgs: { source: ["ingress"] } }),
    gateway(),
    ingress(),
  ],
  "a Deployment that reads Ingresses": [deployment(["--source=ingress"]), gateway(), ingress()],
  "a Deployment that reads both": [
    deployment(["--source=ingress", "--source=gateway-httproute", "--policy=upsert-only"]),
    gateway(),
    ingress(),
  ],
  "a Deployment whose flags and values are separate": [
    deployment(["--source", "ingress", "--policy", "sync"]),
    gateway(),
    ingress(),
  ],
  "a Deployment whose flags come from its environment": [
    deployment([], { env: { EXTERNAL_DNS_SOURCE: "ingress", EXTERNAL_DNS_POLICY: "sync" } }),
    gateway(),
    ingress(),
  ],
  "IngressRoutes, with a target": [release(TRAEFIK), gateway(), ingressRoute(IN.annotations)],
  "IngressRoutes, without a target": [release(TRAEFIK), gateway(), ingressRoute()],
  "IngressRoutes and routes, without a target": [release(TRAEFIK_BOTH), gateway(), ingressRoute()],
  "IngressRoutes and routes, with a target": [release(TRAEFIK_BOTH), gateway(), ingressRoute(IN.annotations)],
  "IngressRoutes and routes, with the Gateway's target": [
    release(TRAEFIK_BOTH),
    gateway(IN),
    ingressRoute(IN.annotations),
  ],
  "an IngressRoute, and Ingresses only": [ingresses(), gateway(), ingressRoute(IN.annotations)],
  "an IngressRoute, and Ingresses and routes": [both(), gateway(), ingressRoute(IN.annotations)],
  "IngressRoutes whatever the ingress class": [
    release({ ...TRAEFIK, extraArgs: ["--ingress-class=nginx"] }),
    gateway(),
    ingressRoute(IN.annotations),
  ],
  "IngressRoutes and routes whatever the ingress class": [
    release({ ...TRAEFIK_BOTH, extraArgs: ["--ingress-class=nginx"] }),
    gateway(IN),
    ingressRoute(IN.annotations),
  ],
  "an IngressRoute with two hosts": [
    release(TRAEFIK),
    gateway(),
    ingressRoute(IN.annotations, "Host(`web.example.com`) || Host(`www.example.com`)"),
  ],
  "an IngressRoute whose host is in double quotes": [
    release(TRAEFIK),
    gateway(),
    ingressRoute(IN.annotations, 'Host("web.example.com")'),
  ],
  "several hosts": [
    ingresses(),
    gateway(),
    ingress({ hosts: ["web.example.com", "www.example.com", "api.example.com"] }),
  ],
  "a wildcard host": [ingresses(), gateway(), ingress({ hosts: ["*.example.com"] })],
  "a wildcard host, and routes": [both(), gateway(), ingress({ hosts: ["*.example.com"] })],
  "a wildcard host, and a listener for one host": [
    both(),
    gateway({}, [listener("http", "HTTP", { hostname: "web.example.com" })]),
    ingress({ hosts: ["*.example.com"] }),
  ],
  "a listener with a wildcard": [
    both(),
    gateway({}, [listener("http", "HTTP", { hostname: "*.example.com" })]),
    ingress(),
  ],
  "a host for which there is no listener": [
    both(),
    gateway({}, [listener("http", "HTTP", { hostname: "web.example.com" })]),
    ingress({ hosts: ["web.example.com", "www.example.com"] }),
  ],
  "a listener that admits only other kinds": [
    both(),
    gateway({}, [
      listener("http", "HTTP", {
        allowedRoutes: { namespaces: { from: "All" }, kinds: [{ kind: "GRPCRoute" }] },
      }),
    ]),
    ingress(),
  ],
  "a listener that admits only its own namespace": [
    both(),
    gateway({}, [listener("http", "HTTP", { allowedRoutes: { namespaces: { from: "Same" } } })]),
    ingress(),
  ],
  "two of external-dns, one of which reads no routes": [
    both(),
    release(INGRESSES, { name: "inside" }),
    gateway(),
    ingress(),
  ],
  "two of external-dns, for other classes": [
    release({ ...BOTH, extraArgs: ["--ingress-class=nginx", "--gateway-name=front"] }),
    release({ ...BOTH, extraArgs: ["--ingress-class=other", "--gateway-name=other"] }, { name: "outside" }),
    gateway(),
    ingress(),
  ],
  "two Ingresses with each other's host in tls": [
    both(),
    gateway(),
    ingress({ tls: ["web.example.com", "www.example.com"] }),
    ingress({ name: "www", hosts: ["www.example.com"], tls: ["web.example.com", "www.example.com"] }),
  ],
  "two Ingresses with other targets": [
    both(),
    gateway(IN),
    ingress(IN),
    ingress({ ...FRONT, name: "www", hosts: ["www.example.com"] }),
  ],
  "two Ingresses of one host": [both(), gateway(), ingress(), ingress({ ...IN, name: "other" })],
  "a listener for HTTPS alone, and tls": [
    both(),
    gateway(IN, [listener("https", "HTTPS", { hostname: "web.example.com" })]),
    ingress({ ...IN, tls: ["web.example.com"] }),
  ],
  "two of external-dns, for other prefixes": [
    both(),
    release({ ...BOTH, annotationPrefix: "inside.example.com/" }, { name: "inside" }),
    gateway({ annotations: { ...IN.annotations, "inside.example.com/target": "10.0.0.1" } }),
    ingress({ annotations: { ...IN.annotations, "inside.example.com/target": "10.0.0.2" } }),
  ],
  "two Ingresses of one host, of which one stays": [
    both(),
    gateway(),
    ingress(),
    ingress({ name: "other", ingressClassName: "other" }),
  ],
};
