import type { CaseTable } from "./case-table.ts";
import {
  alpha,
  ALPHA,
  IN,
  NEW,
  OTHER,
  BOTH,
  both,
  GA,
  gateway,
  ingress,
  ingresses,
  ingressRoute,
  listener,
  release,
  TARGET,
} from "./objects.ts";

const ga = (name: string, value: string): object => ({ [`${GA}/${name}`]: value });
const noted = (annotations: object): object => ingress({ annotations });

/** What the annotations of external-dns say. */
export const ANNOTATED: CaseTable = {
  "a TTL": [both(), gateway(), noted(alpha("ttl", "120"))],
  "a TTL, and Ingresses only": [ingresses(), gateway(), noted(alpha("ttl", "2m"))],
  "a least TTL": [both("--min-ttl=5m"), gateway(), noted(alpha("ttl", "120"))],
  "a TTL of an IngressRoute": [
    release({ sources: ["traefik-proxy", "gateway-httproute"] }),
    gateway({ annotations: IN }),
    ingressRoute({ ...IN, ...alpha("ttl", "120") }),
  ],
  "another controller": [both(), gateway(), noted(alpha("controller", "other"))],
  "another controller, and Ingresses only": [ingresses(), gateway(), noted(alpha("controller", "other"))],
  "another controller, and a target": [both(), gateway(), noted({ ...alpha("controller", "other"), ...IN })],
  "the controller itself": [ingresses(), gateway(), noted(alpha("controller", "dns-controller"))],
  "another controller of an IngressRoute": [
    release({ sources: ["traefik-proxy"] }),
    gateway(),
    ingressRoute({ ...IN, ...alpha("controller", "none") }),
  ],
  "another hostname": [both(), gateway(), noted(OTHER)],
  "another hostname, and Ingresses only": [ingresses(), gateway(), noted(OTHER)],
  "two other hostnames": [ingresses(), gateway(), noted(alpha("hostname", "a.example.com, b.example.com"))],
  "another hostname, outside the domains": [
    release({ sources: ["ingress"], domainFilters: ["example.org"] }),
    gateway(),
    noted(alpha("hostname", "web.example.org")),
  ],
  "another hostname, with a target": [both(), gateway(), noted({ ...OTHER, ...IN })],
  "another hostname, for which there is no listener": [
    both(),
    gateway({}, [listener("http", "HTTP", { hostname: "web.example.com" })]),
    noted(OTHER),
  ],
  "another hostname, of another Gateway": [both("--gateway-name=other"), gateway(), noted(OTHER)],
  "another hostname, and another class": [both("--ingress-class=other"), gateway(), noted(OTHER)],
  "another hostname of an IngressRoute": [
    release({ sources: ["traefik-proxy"] }),
    gateway(),
    ingressRoute({ ...IN, ...OTHER }),
  ],
  "the same hostname": [ingresses(), gateway(), noted(alpha("hostname", "web.example.com"))],
  "an ignored hostname": [ingresses("--ignore-hostname-annotation"), gateway(), noted(OTHER)],
  "an ignored hostname, and routes": [both("--ignore-hostname-annotation"), gateway(), noted(OTHER)],
  "an internal hostname": [ingresses(), gateway(), noted(alpha("internal-hostname", "in.example.com"))],
  "only the annotation's hostname": [
    both(),
    gateway(),
    noted({ ...OTHER, ...alpha("ingress-hostname-source", "annotation-only") }),
  ],
  "only the annotation's hostname, and Ingresses only": [
    ingresses(),
    gateway(),
    noted({ ...OTHER, ...alpha("ingress-hostname-source", "annotation-only") }),
  ],
  "only the rules' hostnames": [
    both(),
    gateway(),
    noted({ ...OTHER, ...alpha("ingress-hostname-source", "defined-hosts-only") }),
  ],
  "only the rules' hostnames, and Ingresses only": [
    ingresses(),
    gateway(),
    noted({ ...OTHER, ...alpha("ingress-hostname-source", "defined-hosts-only") }),
  ],
  "a source of hostnames that does not exist": [
    both(),
    gateway(),
    noted(alpha("ingress-hostname-source", "all")),
  ],
  "only the route's annotation": [
    both(),
    gateway(),
    noted({ ...OTHER, ...alpha("gateway-hostname-source", "annotation-only") }),
  ],
  "only the route's hostnames": [
    both(),
    gateway(),
    noted({ ...OTHER, ...alpha("gateway-hostname-source", "defined-hosts-only") }),
  ],
  "a target for 0.22, and 0.22": [
    release(BOTH, NEW),
    gateway({ annotations: ga("target", "in.example.com") }),
    noted(ga("target", "in.example.com")),
  ],
  "a target for 0.21, and 0.22": [release(BOTH, NEW), gateway(), noted(IN)],
  "a target for 0.21 of the Gateway, and 0.22": [
    release(BOTH, NEW),
    gateway({ annotations: IN }),
    noted(ga("target", "in.example.com")),
  ],
  "a target for 0.22, and 0.21": [
    release(BOTH),
    gateway({ annotations: ga("target", "in.example.com") }),
    noted(IN),
  ],
  "targets for 0.21 and 0.22, and 0.22": [
    release(BOTH, NEW),
    gateway({ annotations: { ...alpha("target", "a.example.com"), ...ga("target", "b.example.com") } }),
    noted({ ...alpha("target", "a.example.com"), ...ga("target", "b.example.com") }),
  ],
  "a target for 0.21, and 0.22 with its prefix": [
    release({ ...BOTH, annotationPrefix: `${ALPHA}/` }, NEW),
    gateway(),
    noted(IN),
  ],
  "another prefix": [
    both("--annotation-prefix=dns.example.com/"),
    gateway(),
    noted({ "dns.example.com/target": "in.example.com", ...alpha("target", "other.example.com") }),
  ],
  "another prefix, of the Gateway as well": [
    both("--annotation-prefix=dns.example.com/"),
    gateway({ annotations: { "dns.example.com/target": "in.example.com" } }),
    noted({ "dns.example.com/target": "in.example.com" }),
  ],
  "another prefix and hostname, and Ingresses only": [
    ingresses("--annotation-prefix=dns.example.com/"),
    gateway(),
    noted({ "dns.example.com/hostname": "other.example.com" }),
  ],
  "a controller by another prefix": [
    ingresses("--annotation-prefix=dns.example.com/"),
    gateway(),
    noted({ "dns.example.com/controller": "other" }),
  ],
  "a hostname that is the rule's as well, of which only the annotation counts": [
    both(),
    gateway(),
    noted({
      ...alpha("hostname", "web.example.com"),
      ...alpha("ingress-hostname-source", "annotation-only"),
    }),
  ],
  "a wildcard in an annotation": [both(), gateway(), noted(alpha("hostname", "*.example.com"))],
  "another Ingress's hostname": [
    both(),
    gateway(),
    noted(alpha("hostname", "www.example.com")),
    ingress({ name: "www", hosts: ["www.example.com"] }),
  ],
  "a hostname in capitals": [ingresses(), gateway(), noted(alpha("hostname", "Other.example.com"))],
  "a TTL that is none": [both(), gateway(), noted(alpha("ttl", "soon"))],
  "a filter by its own annotation": [
    both(`--annotation-filter=${TARGET}=in.example.com`),
    gateway(),
    noted(IN),
  ],
};
