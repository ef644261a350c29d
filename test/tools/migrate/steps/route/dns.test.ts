import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease,
  ingressWith,
  listener,
  messages,
  resultOf,
  written,
  type Files,
} from "../../planning.ts";

const GATEWAY_API = "gateway.networking.k8s.io/v1";
const TARGET = "external-dns.alpha.kubernetes.io/target";

const release = (name: string, chart: string, values: object): object =>
  helmRelease(name, "network", chart, values);
const externalDns = (values: object, name = "names"): object =>
  release(name, "external-dns", { policy: "sync", ...values });
const BOTH = { sources: ["ingress", "gateway-httproute"] };

const gateway = (metadata: object = {}): object =>
  gatewayWith({ name: "front", namespace: "doors", ...metadata }, "doors", [
    listener("http", "HTTP", 80),
    listener("https", "HTTPS", 443),
  ]);

const ingress = (annotations: object = {}, more: object = {}): object =>
  ingressWith({ ingressClassName: "nginx", annotations, more });

const OPTIONS = {
  route: {
    gateways: { nginx: { name: "front", namespace: "doors", redirectsToHttps: true } },
  },
};
const ACCEPTED = { ...OPTIONS, acceptLoss: ["dns-record"] };
const files = (...objects: readonly object[]): Files => ({
  "apps/objects.yaml": objects.slice(0, -1),
  "apps/web.yaml": objects.at(-1)!,
});
const refusals = (...objects: readonly object[]): string =>
  messages(resultOf(route, files(...objects), OPTIONS), "refused").join("\n");
const cutover = (...objects: readonly object[]): string =>
  messages(resultOf(route, files(...objects), ACCEPTED), "cutover").join("\n");

/** Values of external-dns that write the record of the Ingress but not of its route, and what the step says. */
const BLIND: readonly (readonly [object, RegExp])[] = [
  [{ sources: ["ingress"] }, /network\/names does not have the source gateway-httproute and would delete it/],
  [{}, /does not have the source gateway-httproute/],
  [{ sources: ["ingress"], policy: "upsert-only" }, /would leave it pointing to the Ingress controller/],
  [
    { ...BOTH, extraArgs: ["--gateway-name=other"] },
    /reads only the routes of Gateway other \(--gateway-name\) and would delete it/,
  ],
  [{ ...BOTH, extraArgs: { "gateway-name": "other" } }, /reads only the routes of Gateway other/],
  [{ ...BOTH, gatewayNamespace: "other" }, /reads only Gateways in namespace other/],
  [
    { ...BOTH, extraArgs: ["--gateway-label-filter=dns=public"] },
    /reads only Gateways with the labels dns=public/,
  ],
  [
    { ...BOTH, extraArgs: ["--gateway-label-filter=dns=public"], annotationFilter: TARGET },
    /names reads only Gateways with the labels dns=public .* and would delete it/,
  ],
  [
    { sources: ["ingress"], annotationFilter: TARGET, extraArgs: ["--gateway-name=other"] },
    /does not have the source gateway-httproute, and it reads only the routes of Gateway other \(--gateway-name\) and would delete it/,
  ],
];

/** Values that write no record of the Ingress but one of its route, and what the step says. */
const PUBLISHING: readonly (readonly [object, RegExp])[] = [
  [
    { ...BOTH, extraArgs: ["--ingress-class=outside"] },
    /the absence of web\.example\.com from the DNS records of network\/names, which would publish it: it reads only Ingresses of class outside, but the routes of every Gateway; limit it with --gateway-name first/,
  ],
  [{ ...BOTH, ingressClassFilters: ["outside"] }, /only Ingresses of class outside/],
  [
    { sources: ["gateway-httproute"] },
    /does not read this Ingress, but would read the routes of Gateway doors\/front/,
  ],
];

/** Values that write the record of the route, or never wrote the record of the Ingress. */
const HARMLESS: readonly object[] = [
  BOTH,
  { ...BOTH, extraArgs: ["--gateway-name=front"] },
  { ...BOTH, gatewayNamespace: "doors" },
  { ...BOTH, extraArgs: ["--gateway-label-filter=dns in (public, private)"] },
  { ...BOTH, extraArgs: ["--annotation-filter=example.com/skip notin (true)"] },
  { sources: ["ingress"], extraArgs: ["--source=gateway-httproute"] },
  { sources: ["service", "crd"] },
  { sources: ["ingress"], extraArgs: ["--ingress-class=other"] },
  { ...BOTH, extraArgs: ["--ingress-class=other", "--gateway-name=other"] },
  { sources: ["gateway-httproute"], domainFilters: ["example.org"] },
  { sources: ["ingress"], annotationFilter: "example.com/publish=true" },
  { sources: ["ingress"], labelFilter: "publish=true" },
  { ...BOTH, extraArgs: ["--label-filter=publish=true", "--ingress-class=other"] },
  { sources: ["ingress"], domainFilters: ["example.org"] },
  { sources: ["ingress"], extraArgs: ["--exclude-domains=example.com"] },
];

describe("migrate route: DNS", () => {
  const labelled = gateway({
    labels: { dns: "private" },
    annotations: { [TARGET]: "front.example.com" },
  });

  for (const [values, expected] of BLIND)
    it(`stays with the Ingress if external-dns would not read the route: ${JSON.stringify(values)}`, () => {
      const annotated = ingress({ [TARGET]: "front.example.com" });
      assert.match(refusals(externalDns(values), labelled, annotated), expected);
      assert.match(
        cutover(externalDns(values), labelled, annotated),
        /^before the commit: HelmRelease network\/names .* in an earlier commit/m,
      );
    });

  for (const [values, expected] of PUBLISHING)
    it(`stays away from an external-dns that does not publish it today: ${JSON.stringify(values)}`, () => {
      assert.match(refusals(externalDns(values), labelled, ingress()), expected);
      const kept = { route: { ...OPTIONS.route, keepIngress: true } };
      const result = resultOf(route, files(externalDns(values), labelled, ingress()), kept);
      assert.match(messages(result, "refused").join(), expected);
      const accepted = resultOf(route, files(externalDns(values), labelled, ingress()), ACCEPTED);
      assert.match(messages(accepted, "lost").join(), expected);
    });

  it("compares the labels of the Ingress, which its route has as well", () => {
    const release = externalDns({ sources: ["ingress"], labelFilter: "publish=true" });
    const published = ingress() as { metadata: object };
    published.metadata = { ...published.metadata, labels: { publish: "true" } };
    assert.match(
      refusals(release, labelled, published),
      /the DNS record of web\.example\.com: network\/names/,
    );
  });

  it("reads the arguments of an external-dns that is a Deployment, whose default policy is sync", () => {
    const deployment = (...args: readonly string[]): object => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "names", namespace: "network" },
      spec: {
        template: {
          spec: {
            containers: [{ name: "dns", image: "registry.k8s.io/external-dns/external-dns:v0.19.0", args }],
          },
        },
      },
    });
    const blind = deployment("--source=ingress", "--provider=cloudflare");
    assert.match(
      refusals(blind, labelled, ingress()),
      /network\/names does not have the source gateway-httproute and would delete it/,
    );
    assert.match(
      cutover(blind, labelled, ingress()),
      /^before the commit: Deployment network\/names does not/m,
    );
    const careful = deployment("--source=ingress", "--policy=upsert-only");
    assert.match(refusals(careful, labelled, ingress()), /would leave it pointing to the Ingress controller/);
    assert.equal(
      refusals(deployment("--source=ingress", "--source=gateway-httproute"), labelled, ingress()),
      "",
    );
    assert.equal(refusals(deployment("--source=service"), labelled, ingress()), "");
  });

  it("keeps an annotation that external-dns filters on, which does nothing else on the route", () => {
    const filter = `${TARGET},kubernetes.io/ingress.class in (nginx)`;
    const annotated = ingress({
      "kubernetes.io/ingress.class": "nginx",
      [TARGET]: "front.example.com",
      "nginx.ingress.kubernetes.io/ssl-redirect": "false",
    });
    const moved = (filters: object): string => {
      const all = files(externalDns({ ...BOTH, ...filters }), labelled, annotated);
      return written(resultOf(route, all, ACCEPTED), "apps/web.yaml");
    };
    assert.match(
      moved({ annotationFilter: filter }),
      /kind: HTTPRoute[^]*annotations:\n {4}kubernetes\.io\/ingress\.class: nginx\n {4}external-dns\.alpha\.kubernetes\.io\/target: front\.example\.com\n {0,2}\w/,
    );
    assert.doesNotMatch(moved({}), /annotations/);
    assert.equal(refusals(externalDns({ ...BOTH, annotationFilter: filter }), labelled, annotated), "");
    const values = {
      controllers: { main: {} },
      service: { main: { controller: "main", ports: { http: { port: 80 } } } },
      ingress: {
        main: {
          className: "nginx",
          annotations: { [TARGET]: "front.example.com" },
          hosts: [
            {
              host: "web.example.com",
              paths: [{ path: "/", service: { identifier: "main", port: "http" } }],
            },
          ],
        },
      },
    };
    const app = release("app", "app-template", values);
    const inApp = files(externalDns({ ...BOTH, annotationFilter: TARGET }), labelled, app);
    const result = resultOf(route, inApp, OPTIONS);
    assert.match(
      written(result, "apps/web.yaml"),
      /route:\n {6}main:\n {8}annotations:\n {10}external-dns\.alpha\.kubernetes\.io\/target/,
      messages(result, "refused").join(),
    );
  });

  it("says that a route publishes more names than an Ingress that limits them", () => {
    const own = "external-dns.alpha.kubernetes.io/ingress-hostname-source";
    const all = files(externalDns(BOTH), labelled, ingress({ [own]: "defined-hosts-only" }));
    const result = resultOf(route, all, { ...ACCEPTED, acceptLoss: ["dns-record", "annotation"] });
    assert.match(
      messages(result, "lost").join(),
      /publishes all hosts of this one, unless the route has gateway-hostname-source, which older versions ignore/,
    );
  });

  it("names an external-dns to prepare although a k8s_gateway reads the route", () => {
    const server = release("lan", "k8s-gateway", { domain: "example.com", watchedResources: [] });
    assert.match(
      cutover(server, externalDns({ sources: ["ingress"] }), labelled, ingress()),
      /^before the commit: HelmRelease network\/names does not have the source gateway-httproute/m,
    );
  });

  it("says that a class does not limit the routes that external-dns will read", () => {
    const values = { sources: ["ingress"], extraArgs: ["--ingress-class=nginx"] };
    assert.match(
      cutover(externalDns(values), labelled, ingress()),
      /does not have the source gateway-httproute; .*\. Its class nginx limits only Ingresses: limit the routes in the same commit with --gateway-name/,
    );
  });

  for (const values of HARMLESS)
    it(`moves if external-dns reads the route, or writes no record: ${JSON.stringify(values)}`, () => {
      assert.equal(refusals(externalDns(values), labelled, ingress()), "");
      assert.doesNotMatch(cutover(externalDns(values), labelled, ingress()), /before the commit/);
    });

  for (const [values, expected] of [
    [{ watchedResources: ["Ingress", "Service"] }, /watches only Ingress, Service/],
    // The default of the chart since 3.0; that of 2.x is all kinds.
    [{}, /watches only Ingress, Service \(watchedResources\) and would no longer answer for it/],
    [
      { watchedResources: ["Ingress", "HTTPRoute"], filters: { gatewayClasses: ["other"] } },
      /reads only Gateways of class other/,
    ],
  ] as const)
    it(`stays with the Ingress if k8s_gateway would not answer for the route: ${JSON.stringify(values)}`, () => {
      const server = release("lan", "k8s-gateway", { domain: "example.com", ...values });
      assert.match(refusals(server, labelled, ingress()), expected);
    });

  for (const values of [
    { watchedResources: ["Ingress", "HTTPRoute"] },
    { watchedResources: [] },
    { watchedResources: ["Service"] },
    { watchedResources: ["Ingress"], domain: "example.org" },
    { watchedResources: ["Ingress"], filters: { ingressClasses: ["other"] } },
  ])
    it(`moves if k8s_gateway answers for the route, or not for the Ingress: ${JSON.stringify(values)}`, () => {
      const server = release("lan", "k8s-gateway", { domain: "example.com", ...values });
      assert.equal(refusals(server, labelled, ingress()), "");
    });

  it("counts a host or a domain with an unknown variable among what external-dns may manage", () => {
    const unknown = ingressWith({ ingressClassName: "nginx", host: "${WEBHOOK}" });
    const [inZone, byVariable] = [["example.org"], ["${DOMAIN}"]].map((domainFilters) =>
      externalDns({ sources: ["ingress"], domainFilters }),
    );
    assert.match(refusals(inZone!, labelled, unknown), /the DNS record of \$\{WEBHOOK\}/);
    assert.match(refusals(byVariable!, labelled, ingress()), /the DNS record of web\.example\.com/);
    assert.equal(refusals(inZone!, labelled, ingress()), "");
  });

  it("is judged for each external-dns", () => {
    const inside = externalDns(BOTH);
    const outside = externalDns({ ...BOTH, extraArgs: ["--gateway-name=outside"] }, "outside");
    const found = refusals(inside, outside, labelled, ingress());
    assert.match(found, /network\/outside reads only .*; the record of network\/names moves to the route/);
    assert.doesNotMatch(found, /network\/names reads/);
    assert.match(
      refusals(inside, outside, externalDns(BOTH, "more"), labelled, ingress()),
      /; the records of network\/names, network\/more move to the route/,
    );
    // Two sets of records are often separate on purpose.
    assert.doesNotMatch(cutover(inside, outside, labelled, ingress()), /before the commit/);
  });

  it("names the target that the Gateway gives, or that it gives none, or that it is not known", () => {
    const annotated = ingress({ [TARGET]: "old.example.com" });
    assert.match(refusals(externalDns(BOTH), labelled, annotated), /doors\/front, whose target is front/);
    assert.match(refusals(externalDns(BOTH), gateway(), annotated), /doors\/front, which does not set it/);
    assert.match(refusals(externalDns(BOTH), annotated), /doors\/front, which is not in this repository/);
    assert.match(
      cutover(externalDns(BOTH), labelled, annotated),
      /move the target old\.example\.com to an annotation on the Gateway, instead of its target front/,
    );
  });

  describe("that is the name of the controller's address", () => {
    const HOSTNAME = "external-dns.alpha.kubernetes.io/hostname";
    const annotated = ingress({ [TARGET]: "in.example.com" });
    const named = { [HOSTNAME]: "other.example.com, in.example.com" };
    const controller = release("ingress-nginx", "ingress-nginx", {
      controller: { service: { annotations: named } },
    });

    it("is not to be moved to the Gateway, which would lead the host back", () => {
      const lines = cutover(externalDns(BOTH), controller, gateway(), annotated);
      assert.match(
        lines,
        /the target in\.example\.com is the name of the controller of class nginx, which no longer serves .* another target/,
      );
      assert.doesNotMatch(lines, /move the target/);
    });

    it("keeps the record as it is while the Ingress stays", () => {
      const options = { ...ACCEPTED, route: { ...ACCEPTED.route, keepIngress: true } };
      for (const front of [gateway(), gateway({ annotations: { [TARGET]: "in.example.com" } })]) {
        const given = files(externalDns(BOTH), controller, front, annotated);
        const lines = messages(resultOf(route, given, options), "cutover").join("\n");
        assert.match(lines, /in\.example\.com.* keeps the record as it is while the Ingress stays; before/);
        assert.doesNotMatch(lines, /no longer serves/);
      }
    });

    it("is, if a workload's Service has the name, too", () => {
      const labels = { app: "ingress-nginx" };
      const workload = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "ingress-nginx-controller", namespace: "network" },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              containers: [{ name: "controller", image: "registry.k8s.io/ingress-nginx/controller:v1.12.0" }],
            },
          },
        },
      };
      const service = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "front", namespace: "network", annotations: named },
        spec: { selector: labels, ports: [{ name: "https", port: 443 }] },
      };
      assert.match(
        cutover(externalDns(BOTH), workload, service, gateway(), annotated),
        /is the name of the controller/,
      );
    });

    it("is found if the controller is that of another class, or if the Gateway has it already", () => {
      const other = release("traefik", "traefik", { service: { annotations: named } });
      assert.match(
        cutover(externalDns(BOTH), other, gateway(), annotated),
        /the target in\.example\.com is the name of the controller of class traefik, .* another target/,
      );
      const front = gateway({ annotations: { [TARGET]: "in.example.com" } });
      for (const one of [annotated, ingress()])
        assert.match(
          cutover(externalDns(BOTH), controller, front, one),
          /points to in\.example\.com, the target of the Gateway, which is the name of the controller of class nginx, .* another target/,
        );
      const behind = release("traefik", "traefik", {
        service: { annotations: named },
        providers: { kubernetesGateway: { enabled: true } },
      });
      const doors = gatewayClass("doors", "traefik.io/gateway-controller");
      assert.match(
        cutover(externalDns(BOTH), behind, doors, front, annotated),
        /points to in\.example\.com, the target of the Gateway;/,
      );
    });

    it("is to be moved if the name is another one", () => {
      const other = ingress({ [TARGET]: "out.example.com" });
      assert.match(
        cutover(externalDns(BOTH), controller, gateway(), other),
        /move the target out\.example\.com/,
      );
    });
  });

  it("asks for the source of routes in a commit of its own before the Ingresses go, if they stay", () => {
    const options = { ...ACCEPTED, route: { ...ACCEPTED.route, keepIngress: true } };
    const given = files(externalDns({ sources: ["ingress"] }), gateway(), ingress());
    const lines = messages(resultOf(route, given, options), "cutover").join("\n");
    assert.match(
      lines,
      /^before the Ingresses go: HelmRelease network\/names .* in a commit of its own, once the routes are accepted/m,
    );
    assert.doesNotMatch(lines, /in an earlier commit/);
  });

  it("says what becomes of a record while its Ingress stays, by the types of both targets", () => {
    const kept = (target: string | undefined, own: string | undefined, writer: object = BOTH): string => {
      const front = gateway(own === undefined ? {} : { annotations: { [TARGET]: own } });
      const given = files(
        externalDns(writer),
        front,
        ingress(target === undefined ? {} : { [TARGET]: target }),
      );
      const options = { ...ACCEPTED, route: { ...ACCEPTED.route, keepIngress: true } };
      return messages(resultOf(route, given, options), "cutover").join("\n");
    };
    for (const [target, own] of [
      [undefined, undefined],
      ["192.0.2.1", undefined],
      ["in.example.com", "front.example.com"],
    ])
      assert.match(kept(target, own), /its record follows the Ingress/);
    for (const own of [undefined, "192.0.2.2"]) {
      assert.match(
        kept("in.example.com", own),
        /changes with this commit, although the Ingress stays: of .*CNAME in\./,
      );
      assert.match(
        kept("in.example.com", own, { sources: ["ingress"] }),
        /changes as soon as external-dns reads the route, although the Ingress stays: of .*CNAME in\./,
      );
    }
  });

  it("counts the name of the controller's address as one target, whether or not an Ingress sets it", () => {
    const conflicts = (hostname: string): string => {
      const annotations = { "external-dns.alpha.kubernetes.io/hostname": hostname };
      const controller = release("ingress-nginx", "ingress-nginx", {
        controller: { service: { annotations } },
      });
      const second = {
        ...ingress({ [TARGET]: "front.example.com" }),
        metadata: { name: "second", namespace: "apps", annotations: { [TARGET]: "front.example.com" } },
      };
      return cutover(controller, labelled, second, ingress());
    };
    assert.doesNotMatch(conflicts("front.example.com"), /they have several/);
    assert.match(conflicts("back.example.com"), /they have several: front.*; back\.example\.com \(web/);
  });
});

describe("migrate route: the cutover list", () => {
  it("does not say so of an IngressRoute, which cert-manager does not read", () => {
    const read = {
      apiVersion: "traefik.io/v1alpha1",
      kind: "IngressRoute",
      metadata: {
        name: "web",
        namespace: "apps",
        annotations: {
          "kubernetes.io/ingress.class": "nginx",
          "cert-manager.io/cluster-issuer": "letsencrypt",
        },
      },
      spec: {
        routes: [{ kind: "Rule", match: "Host(`web.example.com`)", services: [{ name: "web", port: 80 }] }],
        tls: { secretName: "web-tls" },
      },
    };
    const lines = cutover(gateway(), read);
    assert.match(lines, /web\.example\.com: moves/);
    assert.doesNotMatch(lines, /cert-manager deletes/);
  });

  it("says that cert-manager deletes a certificate only if the Ingress has one", () => {
    const issuer = { "cert-manager.io/cluster-issuer": "letsencrypt" };
    const tls = { tls: [{ secretName: "web-tls", hosts: ["web.example.com"] }] };
    assert.match(cutover(gateway(), ingress(issuer, tls)), /cert-manager deletes the certificate/);
    assert.doesNotMatch(cutover(gateway(), ingress(issuer)), /cert-manager/);
  });

  it("says where the options promise a redirect that the repository does not show", () => {
    const tls = { tls: [{ secretName: "web-tls", hosts: ["web.example.com"] }] };
    const unseen = /no HTTPRoute in this repository redirects plain HTTP on Gateway doors\/front/;
    assert.match(cutover(gateway(), ingress({}, tls)), unseen);
    const redirect = {
      apiVersion: GATEWAY_API,
      kind: "HTTPRoute",
      metadata: { name: "redirect", namespace: "doors" },
      spec: {
        parentRefs: [{ name: "front", sectionName: "http" }],
        rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }] }],
      },
    };
    assert.doesNotMatch(cutover(gateway(), redirect, ingress({}, tls)), unseen);
    assert.doesNotMatch(cutover(gateway(), ingress()), unseen);
  });

  it("asks for the kubernetesCRD provider only where the repository does not show it", () => {
    const options = {
      route: {
        gateways: { traefik: { name: "front", namespace: "doors", middlewares: true, elsewhere: true } },
      },
    };
    const annotated = ingress(
      { "traefik.ingress.kubernetes.io/router.middlewares": "apps-auth@kubernetescrd" },
      { ingressClassName: "traefik" },
    );
    const asked = (...objects: readonly object[]): boolean =>
      messages(resultOf(route, files(...objects, annotated), options), "cutover").some((message) =>
        message.includes("enable the kubernetesCRD provider"),
      );
    const off = { providers: { kubernetesCRD: { enabled: false } } };
    assert.equal(asked(), true);
    assert.equal(asked(release("traefik", "traefik", {})), false);
    assert.equal(asked(release("traefik", "traefik", off)), true);
    assert.equal(asked(release("traefik", "traefik", {}), release("other", "traefik", off)), true);
  });

  it("says what answers today for a Service that does not exist", () => {
    const answered = (values: object): string =>
      cutover(release("ingress-nginx", "ingress-nginx", values), gateway(), ingress());
    assert.match(answered({}), /ingress-nginx answers with a 503, and the Gateway with a 500/);
    assert.match(answered({ defaultBackend: { enabled: true } }), /answers with its default backend/);
    const extraArgs = { "default-backend-service": "network/errors" };
    assert.match(answered({ controller: { extraArgs } }), /answers with Service network\/errors/);
    const receiver = JSON.parse(
      JSON.stringify(ingress())
        .replace('"apps"', '"flux-system"')
        .replace('{"name":"web","port', '{"name":"webhook-receiver","port'),
    ) as object;
    assert.doesNotMatch(cutover(gateway(), receiver), /is not in this repository/);
  });
});
