import type { CaseTable } from "./case-table.ts";
import {
  BOTH,
  both,
  gateway,
  ingress,
  ingresses,
  INGRESSES,
  ingressRoute,
  release,
  TARGET,
} from "./objects.ts";

const CLASS = "kubernetes.io/ingress.class";
const IN = { [TARGET]: "in.example.com" };
const defaultClass = (name: string): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name, annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
  spec: { controller: "k8s.io/ingress-nginx" },
});

/** What external-dns leaves out. */
export const FILTERED: CaseTable = {
  "the class, and Ingresses only": [ingresses("--ingress-class=nginx"), gateway(), ingress()],
  "the class, and routes": [both("--ingress-class=nginx"), gateway(), ingress()],
  "another class, and Ingresses only": [ingresses("--ingress-class=other"), gateway(), ingress()],
  "another class, and routes": [both("--ingress-class=other"), gateway(), ingress()],
  "another class, and the routes of another Gateway": [
    both("--ingress-class=other", "--gateway-name=other"),
    gateway(),
    ingress(),
  ],
  "a class that an annotation names": [
    ingresses("--ingress-class=nginx"),
    gateway(),
    ingress({ ingressClassName: "", annotations: { [CLASS]: "nginx" } }),
  ],
  "a class that both name": [
    ingresses("--ingress-class=nginx"),
    gateway(),
    ingress({ annotations: { [CLASS]: "nginx" } }),
  ],
  "a class that the Ingress does not name": [
    ingresses("--ingress-class=nginx"),
    defaultClass("nginx"),
    gateway(),
    ingress({ ingressClassName: "" }),
  ],
  "a class that the Ingress does not name, and routes": [
    both("--ingress-class=nginx"),
    defaultClass("nginx"),
    gateway(),
    ingress({ ingressClassName: "" }),
  ],
  "an annotation that only the Ingress has": [
    both(`--annotation-filter=${TARGET}`),
    gateway({ annotations: IN }),
    ingress({ annotations: IN }),
  ],
  "an annotation that the Ingress does not have": [
    both("--annotation-filter=example.com/publish=true"),
    gateway(),
    ingress(),
  ],
  "an annotation that the route keeps": [
    both("--annotation-filter=example.com/publish=true"),
    gateway(),
    ingress({ annotations: { "example.com/publish": "true" } }),
  ],
  "an annotation that must not have a value": [
    both("--annotation-filter=example.com/publish notin (false)"),
    gateway(),
    ingress(),
  ],
  "the class, by its annotation": [
    both(`--annotation-filter=${CLASS}=nginx`),
    gateway(),
    ingress({ ingressClassName: "", annotations: { [CLASS]: "nginx" } }),
  ],
  "other classes, by their annotation": [
    both(`--annotation-filter=${CLASS} notin (nginx)`),
    gateway(),
    ingress({ ingressClassName: "", annotations: { [CLASS]: "nginx" } }),
  ],
  "an annotation of IngressRoutes that the route does not get": [
    release({ sources: ["traefik-proxy", "gateway-httproute"], annotationFilter: `${CLASS}=traefik` }),
    gateway({ annotations: IN }),
    ingressRoute(IN),
  ],
  "labels that the Ingress has": [
    release({ ...BOTH, labelFilter: "publish=true" }),
    gateway(),
    ingress({ labels: { publish: "true" } }),
  ],
  "labels that the Ingress has, and Ingresses only": [
    ingresses("--label-filter=publish=true"),
    gateway(),
    ingress({ labels: { publish: "true" } }),
  ],
  "labels that the Ingress does not have": [
    release({ ...INGRESSES, labelFilter: "publish=true" }),
    gateway(),
    ingress(),
  ],
  "the Gateway, by its name": [both("--gateway-name=front"), gateway(), ingress()],
  "another Gateway, by its name": [both("--gateway-name=other"), gateway(), ingress()],
  "the Gateway, by its namespace": [release({ ...BOTH, gatewayNamespace: "doors" }), gateway(), ingress()],
  "another Gateway, by its namespace": [
    release({ ...BOTH, gatewayNamespace: "other" }),
    gateway(),
    ingress(),
  ],
  "the Gateway, by its labels": [
    both("--gateway-label-filter=dns in (public, private)"),
    gateway({ labels: { dns: "public" } }),
    ingress(),
  ],
  "another Gateway, by its labels": [
    both("--gateway-label-filter=dns=public"),
    gateway({ labels: { dns: "private" } }),
    ingress(),
  ],
  "labels, and another prefix of keys": [
    both("--label-filter=example.com/publish in (yes)"),
    gateway(),
    ingress({ labels: { "example.com/publish": "yes" } }),
  ],
  "a label that must not be there": [
    both("--label-filter=!private"),
    gateway(),
    ingress({ labels: { private: "yes" } }),
  ],
  "another domain": [release({ ...INGRESSES, domainFilters: ["example.org"] }), gateway(), ingress()],
  "the domain": [release({ ...INGRESSES, domainFilters: ["example.com"] }), gateway(), ingress()],
  "the domain, with a dot": [
    release({ ...INGRESSES, domainFilters: [".example.com"] }),
    gateway(),
    ingress(),
  ],
  "the domain, and its own name": [
    release({ ...INGRESSES, domainFilters: [".example.com"] }),
    gateway(),
    ingress({ hosts: ["example.com"] }),
  ],
  "a part of the name that is no domain": [
    release({ ...INGRESSES, domainFilters: ["ample.com"] }),
    gateway(),
    ingress(),
  ],
  "a domain in a map of arguments": [
    release({ ...INGRESSES, extraArgs: { "domain-filter": ["example.org", "example.com"] } }),
    gateway(),
    ingress(),
  ],
  "an excluded domain": [ingresses("--exclude-domains=web.example.com"), gateway(), ingress()],
  "an excluded domain among the chart's values": [
    release({ ...INGRESSES, excludeDomains: ["example.com"] }),
    gateway(),
    ingress(),
  ],
  "a pattern of names": [ingresses("--regex-domain-filter=^web\\."), gateway(), ingress()],
  "a pattern of other names": [ingresses("--regex-domain-filter=^api\\."), gateway(), ingress()],
  "a pattern of names, instead of the domain": [
    ingresses("--regex-domain-filter=^web\\.", "--domain-filter=example.org"),
    gateway(),
    ingress(),
  ],
  "an excluded pattern": [ingresses("--regex-domain-exclusion=^web\\."), gateway(), ingress()],
  "an excluded pattern of other names": [
    ingresses("--regex-domain-exclusion=^api\\.", "--exclude-domains=example.com"),
    gateway(),
    ingress(),
  ],
  "the namespace": [both("--namespace=apps"), gateway(), ingress()],
  "the namespace, and Ingresses only": [ingresses("--namespace=apps"), gateway(), ingress()],
  "another namespace": [both("--namespace=network"), gateway(), ingress()],
  "another namespace, and Ingresses only": [ingresses("--namespace=network"), gateway(), ingress()],
  "the namespace of the release": [release({ ...INGRESSES, namespaced: true }), gateway(), ingress()],
  "the namespace among the chart's values": [
    release({ ...INGRESSES, namespaced: true, sourceNamespace: "apps" }),
    gateway(),
    ingress(),
  ],
  "the types of records": [
    ingresses("--exclude-record-types=CNAME"),
    gateway({ annotations: IN }),
    ingress({ annotations: IN }),
  ],
  "a type that only the Ingress has": [
    both("--exclude-record-types=CNAME"),
    gateway(),
    ingress({ annotations: IN }),
  ],
  "a type that only the route has": [
    both("--exclude-record-types=CNAME"),
    gateway({ annotations: IN }),
    ingress(),
  ],
  "the types that it manages": [
    release({ ...BOTH, managedRecordTypes: ["CNAME"] }),
    gateway(),
    ingress({ annotations: IN }),
  ],
  "targets by their network": [both("--target-net-filter=192.0.2.0/24"), gateway(), ingress()],
  "excluded targets by their network": [both("--exclude-target-net=192.0.2.0/24"), gateway(), ingress()],
};
