import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  alpha,
  IN,
  NEW,
  OTHER,
  BOTH,
  both,
  deployment,
  GA,
  gateway,
  ingress,
  ingresses,
  ingressRoute,
  listener,
  release,
  TARGET,
} from "../../../../support/dns/cases/objects.ts";
import { helmRelease, messages, resultOf, type Files } from "../../planning.ts";

const FRONT = { name: "front", namespace: "doors", redirectsToHttps: true, entryPoints: { web: "http" } };
const GATEWAYS = { nginx: FRONT, traefik: FRONT };
const WEB = [listener("http", "HTTP", { hostname: "web.example.com" })];
const TRAEFIK = { sources: ["traefik-proxy"] };

type Objects = readonly object[];

function said(kind: string, objects: Objects, options: object): string {
  const files: Files = Object.fromEntries(objects.map((object, index) => [`apps/${index}.yaml`, object]));
  return messages(resultOf(route, files, options), kind).join("\n");
}

const refusals = (objects: Objects): string =>
  said("refused", objects, { route: { gateways: GATEWAYS }, acceptLoss: ["annotation"] });
const cutover = (objects: Objects): string =>
  said("cutover", objects, {
    route: { gateways: GATEWAYS },
    acceptLoss: ["annotation", "dns-record"],
  });
const kept = (objects: Objects): string =>
  said("cutover", objects, { route: { gateways: GATEWAYS, keepIngress: true }, acceptLoss: ["dns-record"] });

const noted = (annotations: object): object => ingress({ annotations });

/** Each is what the real external-dns does with the records: test/engine/dns-records.real.ts. */
describe("migrate route: the records that external-dns writes", () => {
  const LOST: Readonly<Record<string, readonly [Objects, RegExp]>> = {
    "an IngressRoute, whatever the ingress class": [
      [
        release({ ...TRAEFIK, extraArgs: ["--ingress-class=nginx"] }),
        gateway({ annotations: IN }),
        ingressRoute(IN),
      ],
      /the DNS record of web\.example\.com: network\/names does not have the source gateway-httproute/,
    ],
    "a name that a pattern includes": [
      [ingresses("--regex-domain-filter=^web\\.", "--domain-filter=example.org"), gateway(), ingress()],
      /the DNS record of web\.example\.com/,
    ],
    "a name that a pattern does not exclude": [
      [ingresses("--regex-domain-exclusion=^api\\.", "--exclude-domains=example.com"), gateway(), ingress()],
      /the DNS record of web\.example\.com/,
    ],
    "a type that the route's record would have": [
      [both("--exclude-record-types=CNAME"), gateway({ annotations: IN }), ingress()],
      /the DNS record of web\.example\.com: network\/names does not write records of this type/,
    ],
    "the hostname of an annotation": [
      [ingresses(), gateway(), noted(OTHER)],
      /the DNS record of other\.example\.com: network\/names does not have the source/,
    ],
    "the hostname of an annotation, outside the domains of the rules": [
      [
        release({ sources: ["ingress"], domainFilters: ["example.org"] }),
        gateway(),
        noted(alpha("hostname", "web.example.org")),
      ],
      /the DNS record of web\.example\.org/,
    ],
    "the hostname of an annotation, for which there is no listener": [
      [both(), gateway({}, WEB), noted(OTHER)],
      /the DNS record of other\.example\.com: network\/names finds no listener of Gateway doors\/front for it/,
    ],
    "the rules' hostnames, of which the route's annotation says no": [
      [both(), gateway(), noted({ ...OTHER, ...alpha("gateway-hostname-source", "annotation-only") })],
      /the DNS record of web\.example\.com: network\/names does not find it in the route/,
    ],
    "a host only in tls": [
      [both(), gateway(), ingress({ tls: ["web.example.com", "tls.example.com"] })],
      /the DNS record of tls\.example\.com: network\/names finds it only in tls, which a route does not have and would delete it/,
    ],
    "a target by another prefix": [
      [
        both("--annotation-prefix=dns.example.com/"),
        gateway(),
        noted({ "dns.example.com/target": "in.example.com", ...alpha("target", "not.example.com") }),
      ],
      /the DNS target in\.example\.com of web/,
    ],
    "a Deployment whose flags and values are separate": [
      [deployment(["--source", "ingress", "--policy", "upsert-only"]), gateway(), ingress()],
      /does not have the source gateway-httproute and would leave it/,
    ],
    "a Deployment whose flags come from its environment": [
      [deployment([], { env: { EXTERNAL_DNS_SOURCE: "service\ningress" } }), gateway(), ingress()],
      /the DNS record of web\.example\.com/,
    ],
  };
  for (const [title, [objects, expected]] of Object.entries(LOST))
    it(`lose ${title}`, () => {
      assert.match(refusals(objects), expected);
    });

  const PUBLISHED: Readonly<Record<string, readonly [Objects, RegExp]>> = {
    "an IngressRoute without a target": [
      [release({ sources: ["traefik-proxy", "gateway-httproute"] }), gateway(), ingressRoute()],
      /the absence of web\.example\.com from the DNS records of network\/names, which would publish it: it does not read this Ingress/,
    ],
    "an Ingress that does not name the class": [
      [
        both("--ingress-class=nginx"),
        {
          apiVersion: "networking.k8s.io/v1",
          kind: "IngressClass",
          metadata: { name: "nginx", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
          spec: { controller: "k8s.io/ingress-nginx" },
        },
        gateway(),
        ingress({ ingressClassName: "" }),
      ],
      /the absence of web\.example\.com .*it reads only Ingresses of class nginx/,
    ],
    "the rules, which it ignores": [
      [both("--ignore-ingress-rules-spec"), gateway(), ingress()],
      /the absence of web\.example\.com/,
    ],
    "the rules, next to an annotation's hostname": [
      [both(), gateway(), noted({ ...OTHER, ...alpha("ingress-hostname-source", "annotation-only") })],
      /the absence of web\.example\.com .*it does not take that name from this Ingress, but would from the route on Gateway doors\/front/,
    ],
    "an annotation's hostname, next to the rules": [
      [both(), gateway(), noted({ ...OTHER, ...alpha("ingress-hostname-source", "defined-hosts-only") })],
      /the absence of other\.example\.com/,
    ],
    "a type of record that the Ingress's target has not": [
      [both("--exclude-record-types=CNAME"), gateway(), noted(IN)],
      /the absence of web\.example\.com/,
    ],
  };
  for (const [title, [objects, expected]] of Object.entries(PUBLISHED))
    it(`begin with ${title}`, () => {
      assert.match(refusals(objects), expected);
      assert.match(
        said("refused", objects, {
          route: { gateways: GATEWAYS, keepIngress: true },
          acceptLoss: ["annotation"],
        }),
        expected,
      );
    });

  const SAME: Readonly<Record<string, Objects>> = {
    "an IngressRoute without a target": [release(TRAEFIK), gateway(), ingressRoute()],
    "an IngressRoute whose host is in double quotes": [
      release(TRAEFIK),
      gateway(),
      ingressRoute(IN, 'Host("web.example.com")'),
    ],
    "a name that a pattern does not include": [
      ingresses("--regex-domain-filter=^api\\."),
      gateway(),
      ingress(),
    ],
    "a name that a pattern excludes": [ingresses("--regex-domain-exclusion=^web\\."), gateway(), ingress()],
    "another namespace": [ingresses("--namespace=network"), gateway(), ingress()],
    "the namespace of the release": [
      release({ sources: ["ingress"], namespaced: true }),
      gateway(),
      ingress(),
    ],
    "an Ingress of another controller": [
      ingresses(),
      gateway(),
      noted({ ...IN, ...alpha("controller", "other") }),
    ],
    "targets in another order": [
      both(),
      gateway({ annotations: { [TARGET]: "192.0.2.2,192.0.2.1" } }),
      noted({ [TARGET]: "192.0.2.1, 192.0.2.2" }),
    ],
    "a target with a dot at its end": [
      both(),
      gateway({ annotations: IN }),
      noted({ [TARGET]: "in.example.com." }),
    ],
    "an empty target": [both(), gateway(), noted({ [TARGET]: "" })],
    "a target that no external-dns reads": [release({ sources: ["service"] }), gateway(), noted(IN)],
    "a target of another version": [release(BOTH, NEW), gateway(), noted(IN)],
    "targets that all records have": [
      both("--default-targets=fixed.example.com", "--force-default-targets"),
      gateway(),
      noted(IN),
    ],
    "a name in tls that another Ingress has": [
      both(),
      gateway(),
      ingress({ tls: ["web.example.com", "www.example.com"] }),
      ingress({ name: "www", hosts: ["www.example.com"] }),
    ],
    "a hostname that is ignored": [ingresses("--ignore-hostname-annotation"), gateway(), noted(OTHER)].slice(
      1,
    ),
  };
  for (const [title, objects] of Object.entries(SAME))
    it(`stay the same with ${title}`, () => {
      assert.equal(refusals(objects), "");
    });

  it("include those of a template, as far as it names only the object", () => {
    const read = (template: string, ...more: readonly string[]): Objects => [
      deployment(["--source=ingress", `--fqdn-template=${template}`, ...more]),
      gateway(),
      ingress(),
    ];
    const [simple, other] = ["{{.Name}}.{{ .Namespace }}.example.com", "{{.Labels.app}}.example.com"];
    const combined = "--combine-fqdn-annotation";
    assert.match(
      refusals(read(simple, combined)),
      /the DNS record of web\.apps\.example\.com: network\/names/,
    );
    assert.doesNotMatch(refusals(read(simple)), /web\.apps/);
    assert.match(refusals(read(simple, "--ignore-ingress-rules-spec")), /web\.apps\.example\.com/);
    const line = /network\/names also writes names by --fqdn-template, which are not known here/;
    assert.match(cutover(read(other, combined)), line);
    for (const known of [read(simple, combined), read(other)]) assert.doesNotMatch(cutover(known), line);
  });

  it("are those of the names that Helm renders, of which another entry may have one", () => {
    const entry = (host: string): object => ({
      className: "nginx",
      hosts: [{ host, paths: [{ path: "/", service: { identifier: "app", port: 80 } }] }],
      tls: [{ hosts: ["{{ .Release.Name }}.example.com", "www.example.com"] }],
    });
    const app = helmRelease("web", "apps", "app-template", {
      service: { app: { controller: "app", ports: { http: { port: 80 } } } },
      ingress: { app: entry("{{ .Release.Name }}.example.com"), www: entry("www.example.com") },
    });
    assert.equal(refusals([both(), gateway(), app]), "");
    assert.match(cutover([both(), gateway(), app]), /^web\.example\.com: moves from class nginx/m);
  });

  it("point to the target with the prefix that its version reads", () => {
    const both21 = { ...alpha("target", "old.example.com"), [`${GA}/target`]: "new.example.com" };
    const front = gateway({ annotations: both21 });
    assert.match(cutover([release(BOTH), front, ingress()]), /points to old\.example\.com, the target/);
    assert.match(cutover([release(BOTH, NEW), front, ingress()]), /points to new\.example\.com, the target/);
    const image = deployment(["--source=ingress", "--source=gateway-httproute"], { tag: "v0.22.0" });
    assert.match(cutover([image, front, ingress()]), /points to new\.example\.com, the target/);
  });

  it("point to no empty target, and to the forced ones", () => {
    const empty = gateway({ annotations: { [TARGET]: "" } });
    assert.match(cutover([both(), empty, ingress()]), /points to the Gateway's address/);
    const forced = both("--default-targets=fixed.example.com", "--force-default-targets");
    assert.match(
      cutover([forced, gateway({ annotations: IN }), ingress()]),
      /points to fixed\.example\.com, as every record of network\/names \(--force-default-targets\)/,
    );
  });

  it("point to several targets, if several programs read several annotations", () => {
    const inside = release({ ...BOTH, annotationPrefix: "inside.example.com/" }, { name: "inside" });
    const front = gateway({ annotations: { ...IN, "inside.example.com/target": "10.0.0.1" } });
    const lines = cutover([both(), inside, front, noted(IN)]);
    assert.match(
      lines,
      /points to in\.example\.com, the target of the Gateway \(network\/names\); DNS: points to 10\.0\.0\.1, the target of the Gateway \(network\/inside\)/,
    );
  });

  it("include no name of a template for an IngressRoute", () => {
    const writer = deployment([
      "--source=traefik-proxy",
      "--fqdn-template={{.Name}}.example.org",
      "--combine-fqdn-annotation",
    ]);
    assert.doesNotMatch(refusals([writer, gateway(), ingressRoute(IN)]), /example\.org/);
  });

  it("depend on the address, if external-dns writes only some", () => {
    const limited = both("--target-net-filter=192.0.2.0/24");
    assert.match(
      cutover([limited, gateway(), ingress()]),
      /network\/names writes the record only if --target-net-filter=192\.0\.2\.0\/24 admits the address/,
    );
  });

  it("include those of an annotation, each on a line of the cutover list", () => {
    const line =
      /^other\.example\.com: only its DNS record moves to Gateway doors\/front; DNS: points to the/m;
    assert.match(cutover([both(), gateway(), noted(OTHER)]), line);
    assert.match(cutover([gateway(), noted(OTHER)]), line);
  });

  it("stay as they are while the Ingress stays, if nothing reads the route yet", () => {
    for (const writer of [ingresses(), release({ sources: ["service"] })]) {
      const lines = kept([writer, gateway(), noted(IN)]);
      assert.match(lines, /its record changes as soon as external-dns reads the route/);
      assert.doesNotMatch(lines, /changes with this commit/);
    }
  });
});
