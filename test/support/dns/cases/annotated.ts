import type { CaseTable } from "./cases.ts";
import { ALPHA, BOTH, both, GA, gateway, ingress, ingresses, ingressRoute, release } from "./objects.ts";

const alpha = (name: string, value: string): object => ({ [`${ALPHA}/${name}`]: value });
const ga = (name: string, value: string): object => ({ [`${GA}/${name}`]: value });
const IN = alpha("target", "in.example.com");
const OTHER = alpha("hostname", "other.example.com");
const NEW = { version: "1.22.0" };
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
  "the controller itself": [ingresses(), gateway(), noted(alpha("controller", "dns-controller"))],
  "the same hostname": [ingresses(), gateway(), noted(alpha("hostname", "web.example.com"))],
  "an ignored hostname": [ingresses("--ignore-hostname-annotation"), gateway(), noted(OTHER)],
  "an ignored hostname, and routes": [both("--ignore-hostname-annotation"), gateway(), noted(OTHER)],
  "an internal hostname": [ingresses(), gateway(), noted(alpha("internal-hostname", "in.example.com"))],
  "only the rules' hostnames, and Ingresses only": [
    ingresses(),
    gateway(),
    noted({ ...OTHER, ...alpha("ingress-hostname-source", "defined-hosts-only") }),
  ],
  "a target for 0.22, and 0.22": [
    release(BOTH, NEW),
    gateway({ annotations: ga("target", "in.example.com") }),
    noted(ga("target", "in.example.com")),
  ],
  "a target for 0.21, and 0.22 with its prefix": [
    release({ ...BOTH, annotationPrefix: `${ALPHA}/` }, NEW),
    gateway(),
    noted(IN),
  ],
};
