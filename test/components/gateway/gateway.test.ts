import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { parse } from "yaml";
import type { KubeObject } from "../../../kube/objects.ts";
import { checkGateways } from "../../../components/gateway/check.ts";
import { httpsListeners, type Certificate } from "../../../components/gateway/listeners.ts";
import { Gateway, gatewayObjects, redirects, type GatewayArgs } from "../../../components/gateway/gateway.ts";
import { withFieldManager } from "../../../components/shared/declare.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";

type Hostname = GatewayArgs["https"]["hostnames"][number];

const ARGS: GatewayArgs = {
  name: "external",
  namespace: "network",
  className: "traefik",
  allowedNamespaces: "All",
  http: { port: 80, redirectToHttps: false },
  https: { port: 443, hostnames: [] },
  gatus: {},
  labels: { "edgefirst.dev/stack": "edge" },
};

const HERE: Certificate = { secret: "wildcard-tls" };
const ELSEWHERE: Certificate = { secret: "wildcard-tls", namespace: "cert-manager" };
const ISSUED: Certificate = { issuer: "letsencrypt", kind: "ClusterIssuer" };

/** Arguments with these hostnames. */
function serving(...hostnames: Hostname[]): GatewayArgs {
  return { ...ARGS, https: { port: 443, hostnames } };
}

function objectOf(args: GatewayArgs, kind: string): KubeObject | undefined {
  return gatewayObjects(args).find((object) => object.kind === kind);
}

interface Listener {
  readonly name: string;
  readonly hostname?: string;
  readonly [field: string]: unknown;
}

function listenersOf(args: GatewayArgs): readonly Listener[] {
  return (objectOf(args, "Gateway")?.spec as { listeners: Listener[] }).listeners;
}

describe("gateway", () => {
  it("declares its objects as children on the component's provider, with no unknowns in a first preview", async () => {
    const args = {
      ...serving({ hostname: "app.example.com", certificate: ELSEWHERE }),
      http: { port: 80, redirectToHttps: true },
    };
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { context: "test" });
        new Gateway("external", args, { providers: [provider] });
      },
      { preview: true },
    );
    const component = resourceNamed(resources, "external", "edgefirst:platform:Gateway");
    const children = resources.filter(({ parent }) => parent === component.urn);
    assert.deepEqual(children.map(({ type, name }) => `${type} ${name}`).sort(), [
      "kubernetes:gateway.networking.k8s.io/v1:Gateway network/external",
      "kubernetes:gateway.networking.k8s.io/v1:GatewayClass traefik",
      "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute network/external-https-redirect",
      "kubernetes:gateway.networking.k8s.io/v1beta1:ReferenceGrant cert-manager/network-external-certificates",
    ]);
    const objects = gatewayObjects(args);
    for (const child of children) {
      assert.equal(child.provider, component.options.providers.kubernetes);
      assert.deepEqual(child.unknowns, []);
      const object = objects.find(({ kind }) => kind === child.inputs.kind);
      assert.deepEqual(child.inputs, object && withFieldManager(object));
      assert.equal(object?.metadata.labels?.["edgefirst.dev/stack"], "edge");
    }
  });

  it("has a separate class, which its Traefik finds by label", () => {
    const gatewayClass = objectOf(ARGS, "GatewayClass");
    assert.deepEqual(gatewayClass?.spec, { controllerName: "traefik.io/gateway-controller" });
    assert.equal(gatewayClass.metadata.labels?.["edgefirst.dev/gateway"], "external");
    assert.equal(
      (objectOf(ARGS, "Gateway")?.spec as { gatewayClassName: string }).gatewayClassName,
      "traefik",
    );
  });

  it("has only the plain listener without hostnames", () => {
    assert.deepEqual(listenersOf(ARGS), [
      { name: "web", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } },
    ]);
  });

  it("has one HTTPS listener with one certificate per hostname", () => {
    const listeners = listenersOf(
      serving(
        { hostname: "example.com", certificate: HERE },
        { hostname: "*.example.com", certificate: ELSEWHERE },
      ),
    );
    const common = { port: 443, protocol: "HTTPS", allowedRoutes: { namespaces: { from: "All" } } };
    const secret = { group: "", kind: "Secret", name: "wildcard-tls" };
    assert.deepEqual(listeners.slice(1), [
      {
        name: "websecure",
        hostname: "example.com",
        tls: { mode: "Terminate", certificateRefs: [secret] },
        ...common,
      },
      {
        name: "websecure-wildcard-example-com",
        hostname: "*.example.com",
        tls: { mode: "Terminate", certificateRefs: [{ ...secret, namespace: "cert-manager" }] },
        ...common,
      },
    ]);
  });

  it("omits a hostname without a certificate, without renaming the other listeners", () => {
    const names = (first: Hostname) =>
      listenersOf(serving(first, { hostname: "b.example.com", certificate: HERE })).map(({ name }) => name);
    assert.deepEqual(names({ hostname: "a.example.com" }), ["web", "websecure-b-example-com"]);
    assert.deepEqual(names({ hostname: "a.example.com", certificate: HERE }), [
      "web",
      "websecure",
      "websecure-b-example-com",
    ]);
  });

  it("gives every listener and every issued certificate a unique name that is a DNS label", () => {
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.example.com`;
    const hostnames = [
      "x.example.com",
      "a-b.example.com",
      "a.b.example.com",
      "*.example.com",
      "wildcard.example.com",
      long,
      `x${long}`,
    ];
    const listeners = httpsListeners(
      serving(...hostnames.map((hostname) => ({ hostname, certificate: ISSUED }))),
    );
    const names = listeners.map(({ name }) => name);
    assert.equal(new Set(names).size, hostnames.length, names.join(", "));
    for (const name of names) assert.match(name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    assert.equal(new Set(listeners.map(({ secret }) => secret.name)).size, hostnames.length);
    assert.deepEqual(names.slice(0, 2), ["websecure", "websecure-a-b-example-com"]);
    assert.match(names[2] ?? "", /^websecure-a-b-example-com-[0-9a-f]{8}$/);
  });

  const allowed: readonly [GatewayArgs["allowedNamespaces"], unknown][] = [
    ["All", { from: "All" }],
    ["Same", { from: "Same" }],
    [
      { matchLabels: { routes: "external" } },
      { from: "Selector", selector: { matchLabels: { routes: "external" } } },
    ],
  ];
  for (const [allowedNamespaces, namespaces] of allowed)
    it(`lets routes attach from namespaces ${JSON.stringify(allowedNamespaces)}`, () => {
      const args = { ...serving({ hostname: "example.com", certificate: HERE }), allowedNamespaces };
      for (const { allowedRoutes } of listenersOf(args)) assert.deepEqual(allowedRoutes, { namespaces });
    });

  it("gets a grant for its certificates in other namespaces and for nothing else", () => {
    const args = serving(
      { hostname: "a.example.com", certificate: ELSEWHERE },
      { hostname: "b.example.com", certificate: ELSEWHERE },
      { hostname: "c.example.com", certificate: { secret: "c-tls", namespace: "cert-manager" } },
      { hostname: "d.example.com", certificate: { secret: "d-tls", namespace: "other" } },
      { hostname: "e.example.com", certificate: HERE },
    );
    const grants = gatewayObjects(args).filter(({ kind }) => kind === "ReferenceGrant");
    const from = [{ group: "gateway.networking.k8s.io", kind: "Gateway", namespace: "network" }];
    const to = (...names: string[]) => names.map((name) => ({ group: "", kind: "Secret", name }));
    assert.deepEqual(
      grants.map(({ metadata, spec }) => [metadata.namespace, spec]),
      [
        ["cert-manager", { from, to: to("wildcard-tls", "c-tls") }],
        ["other", { from, to: to("d-tls") }],
      ],
    );
    assert.equal(
      objectOf(serving({ hostname: "a.example.com", certificate: HERE }), "ReferenceGrant"),
      undefined,
    );
  });

  it("requests certificates by annotation, into Secrets named after Gateway and hostname", () => {
    const args = serving({ hostname: "*.example.com", certificate: ISSUED });
    assert.deepEqual(objectOf(args, "Gateway")?.metadata.annotations, {
      "cert-manager.io/cluster-issuer": "letsencrypt",
    });
    assert.deepEqual((listenersOf(args)[1]?.tls as { certificateRefs: unknown }).certificateRefs, [
      { group: "", kind: "Secret", name: "external-wildcard-example-com-tls" },
    ]);
    const namespaced = serving({ hostname: "a.example.com", certificate: { issuer: "ca", kind: "Issuer" } });
    assert.deepEqual(objectOf(namespaced, "Gateway")?.metadata.annotations, {
      "cert-manager.io/issuer": "ca",
    });
  });

  it("has the monitoring defaults of routes as annotations", () => {
    const annotations = (gatus: GatewayArgs["gatus"]) =>
      objectOf({ ...ARGS, gatus }, "Gateway")?.metadata.annotations;
    assert.equal(annotations({}), undefined);
    const endpoint = { group: "external", conditions: ["[STATUS] < 500"], client: { insecure: true } };
    const set = annotations({ endpoint }) ?? {};
    assert.deepEqual(Object.keys(set), ["gatus.home-operations.com/endpoint"]);
    assert.deepEqual(parse(set["gatus.home-operations.com/endpoint"] ?? ""), endpoint);
  });
});

describe("the redirect to HTTPS by default", () => {
  const CERTIFIED = { hostname: "*.example.com", certificate: HERE };
  const byDefault = (...hostnames: Hostname[]): GatewayArgs => ({
    ...serving(...hostnames),
    http: { port: 80 },
  });
  const secret: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "wildcard-tls", namespace: "network" },
  };
  const route = (hostname: string, namespace = "media", parent: object = {}): KubeObject => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "app", namespace },
    spec: { parentRefs: [{ name: "external", namespace: "network", ...parent }], hostnames: [hostname] },
  });
  const found = async (args: GatewayArgs, ...live: KubeObject[]) =>
    (await checkGateways([args], clusterHolding(secret, ...live))).map(
      ({ severity, message }) => `${severity}: ${message}`,
    );

  it("is on if every hostname has a certificate, and only then", () => {
    assert.equal(redirects(byDefault(CERTIFIED)), true);
    assert.equal(redirects(byDefault(CERTIFIED, { hostname: "plain.example.org" })), false);
    assert.equal(redirects(byDefault()), false);
    assert.equal(redirects({ ...byDefault(CERTIFIED), http: { port: 80, redirectToHttps: false } }), false);
  });

  it("is refused while a live route would be lost, and only then", async () => {
    const args = byDefault(CERTIFIED);
    for (const live of [
      route("app.example.com"),
      route("*.app.example.com"),
      route("app.example.org", "network"),
      route("app.example.org", "media", { sectionName: "websecure" }),
      route("app.example.org", "media", { name: "other" }),
    ])
      assert.deepEqual(await found(args, live), []);
    assert.match(
      (await found(args, route("app.example.org"))).join(),
      /^error: .* no HTTPS listener for HTTPRoute media\/app/,
    );
    const chosen = { ...args, http: { port: 80, redirectToHttps: true } };
    assert.match((await found(chosen, route("app.example.org"))).join(), /^warning: /);
    const off = { ...args, http: { port: 80, redirectToHttps: false } };
    assert.deepEqual(await found(off, route("app.example.org")), []);
  });
});

describe("a Gateway with annotations and labels", () => {
  const args: GatewayArgs = {
    ...serving({ hostname: "app.example.com", certificate: ISSUED }),
    annotations: {
      "external-dns.alpha.kubernetes.io/target": "edge.example.com",
      "cert-manager.io/cluster-issuer": "other",
    },
    gatewayLabels: { pool: "public", "edgefirst.dev/stack": "other" },
  };

  it("gets all of them except those that the stack sets itself", () => {
    assert.deepEqual(objectOf(args, "Gateway")?.metadata, {
      name: "external",
      namespace: "network",
      annotations: {
        "external-dns.alpha.kubernetes.io/target": "edge.example.com",
        "cert-manager.io/cluster-issuer": "letsencrypt",
      },
      labels: { pool: "public", "edgefirst.dev/stack": "edge" },
    });
  });

  it("has neither by default", () => {
    const { metadata } = objectOf(ARGS, "Gateway") ?? {};
    assert.deepEqual(metadata, {
      name: "external",
      namespace: "network",
      labels: { "edgefirst.dev/stack": "edge" },
    });
  });
});

describe("the redirect to HTTPS", () => {
  const redirecting = (port = 443, certificate: Certificate | undefined = HERE): GatewayArgs => ({
    ...ARGS,
    http: { port: 80, redirectToHttps: true },
    https: { port, hostnames: [{ hostname: "example.com", certificate }] },
  });

  it("is an unmonitored route on the plain listener for all paths", () => {
    const route = objectOf(redirecting(), "HTTPRoute");
    assert.deepEqual(route?.spec, {
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: "external",
          namespace: "network",
          sectionName: "web",
        },
      ],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }],
        },
      ],
    });
    assert.deepEqual(route.metadata.annotations, { "gatus.home-operations.com/enabled": "false" });
  });

  it("sets the port if it is not the default of the scheme", () => {
    const route = JSON.stringify(objectOf(redirecting(8443), "HTTPRoute"));
    assert.match(route, /"port":8443/);
    assert.doesNotMatch(JSON.stringify(objectOf(redirecting(), "HTTPRoute")), /"port"/);
  });

  it("keeps apps' routes off the plain listener, where they would take precedence", () => {
    const [web, websecure] = listenersOf(redirecting());
    assert.deepEqual(web?.allowedRoutes, { namespaces: { from: "Same" } });
    assert.deepEqual(websecure?.allowedRoutes, { namespaces: { from: "All" } });
  });

  it("is omitted without an HTTPS listener to redirect to", async () => {
    const args = { ...ARGS, http: { port: 80, redirectToHttps: true } };
    assert.equal(objectOf(args, "HTTPRoute"), undefined);
    assert.deepEqual(listenersOf(args)[0]?.allowedRoutes, { namespaces: { from: "All" } });
    const [finding] = await checkGateways([args], clusterHolding());
    assert.equal(finding?.severity, "warning");
    assert.match(finding.message, /does not redirect to HTTPS, because it has no HTTPS listener/);
  });
});

const issuer = (kind: string, name: string, status: string, namespace?: string): KubeObject => ({
  apiVersion: "cert-manager.io/v1",
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  status: { conditions: [{ type: "Ready", status, message: "account not registered" }] },
});
const ISSUERS = [
  issuer("ClusterIssuer", "letsencrypt", "True"),
  issuer("Issuer", "letsencrypt", "True", "network"),
];

describe("the issuer of a Gateway's certificates", () => {
  const found = async (certificate: Certificate, ...live: KubeObject[]) =>
    (await checkGateways([serving({ hostname: "a.example.com", certificate })], clusterHolding(...live))).map(
      ({ message }) => message,
    );
  const named: Certificate = { issuer: "letsencrypt", kind: "Issuer" };

  it("passes if it is ready, in the Gateway's namespace or for the cluster", async () => {
    assert.deepEqual(await found(ISSUED, ...ISSUERS), []);
    assert.deepEqual(await found(named, ...ISSUERS), []);
  });

  it("is reported before the update if no certificate would be issued", async () => {
    assert.match((await found(ISSUED)).join(), /ClusterIssuer letsencrypt, .* is not installed on test/);
    const other = issuer("ClusterIssuer", "other", "True");
    assert.match((await found(ISSUED, other)).join(), /ClusterIssuer letsencrypt, which does not exist/);
    const elsewhere = issuer("Issuer", "letsencrypt", "True", "media");
    assert.match((await found(named, elsewhere)).join(), /Issuer network\/letsencrypt, which does not exist/);
    const failing = issuer("ClusterIssuer", "letsencrypt", "False");
    assert.match((await found(ISSUED, failing)).join(), /is not ready \(account not registered\)/);
  });
});

describe("checking gateways", () => {
  const secret = (name: string, namespace: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
  });
  const check = async (gateways: GatewayArgs[], ...live: KubeObject[]) =>
    (
      await checkGateways(gateways, clusterHolding(secret("wildcard-tls", "network"), ...ISSUERS, ...live))
    ).map(({ severity, message }) => `${severity}: ${message}`);
  const internal: GatewayArgs = { ...ARGS, name: "internal", className: "traefik-internal" };

  const cases: readonly [string, GatewayArgs[], RegExp | undefined][] = [
    ["two separate Gateways", [ARGS, internal], undefined],
    [
      "a certificate in its own namespace",
      [serving({ hostname: "a.example.com", certificate: HERE })],
      undefined,
    ],
    [
      "one issuer for all hostnames",
      [
        serving(
          { hostname: "a.example.com", certificate: ISSUED },
          { hostname: "b.example.com", certificate: ISSUED },
        ),
      ],
      undefined,
    ],
    [
      "two Gateways with the same name",
      [ARGS, { ...internal, name: "external", namespace: "other" }],
      /^error: Two Gateways are named external \(namespaces network and other\)/,
    ],
    [
      "two Gateways with the same class",
      [ARGS, { ...internal, className: "traefik" }],
      /^error: Gateways network\/external and network\/internal share GatewayClass traefik/,
    ],
    [
      "the same port for both protocols",
      [{ ...ARGS, https: { port: 80, hostnames: [] } }],
      /^error: Gateway network\/external uses port 80 for both HTTP and HTTPS/,
    ],
    [
      "a duplicate hostname",
      [
        serving(
          { hostname: "a.example.com", certificate: HERE },
          { hostname: "a.example.com", certificate: HERE },
        ),
      ],
      /^error: .* lists a\.example\.com twice/,
    ],
    [
      "two issuers",
      [
        serving(
          { hostname: "a.example.com", certificate: ISSUED },
          { hostname: "b.example.com", certificate: { issuer: "letsencrypt", kind: "Issuer" } },
        ),
      ],
      /^error: .* names 2 issuers \(ClusterIssuer letsencrypt, Issuer letsencrypt\)/,
    ],
    [
      "an issuer and a Secret that it would overwrite",
      [
        serving(
          { hostname: "a.example.com", certificate: ISSUED },
          { hostname: "b.example.com", certificate: HERE },
        ),
      ],
      /^error: .* would overwrite the existing Secret wildcard-tls in network/,
    ],
    [
      "a hostname without a certificate",
      [serving({ hostname: "a.example.com" })],
      /^warning: .* gets no HTTPS listener for a\.example\.com, because it has no certificate/,
    ],
    [
      "a missing certificate",
      [serving({ hostname: "a.example.com", certificate: ELSEWHERE })],
      /^warning: Listener websecure \(a\.example\.com\) of Gateway network\/external needs Secret cert-manager\/wildcard-tls/,
    ],
  ];
  for (const [what, gateways, message] of cases)
    it(`${message === undefined ? "passes" : "reports"} ${what}`, async () => {
      const findings = await check(gateways);
      assert.equal(findings.length, message === undefined ? 0 : 1, findings.join("\n"));
      if (message !== undefined) assert.match(findings[0] ?? "", message);
    });

  it("passes an issuer and a Secret in another namespace, which cert-manager skips", async () => {
    const args = serving(
      { hostname: "a.example.com", certificate: ISSUED },
      { hostname: "b.example.com", certificate: ELSEWHERE },
    );
    assert.deepEqual(await check([args], secret("wildcard-tls", "cert-manager")), []);
  });

  it("reports another owner's Gateway with the same class, but not its own", async () => {
    const live = (name: string): KubeObject => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name, namespace: "network" },
      spec: { gatewayClassName: "traefik" },
    });
    const findings = await check([ARGS], live("external"), live("other"));
    assert.equal(findings.length, 1);
    assert.match(
      findings[0] ?? "",
      /^warning: Gateway network\/other on test also uses GatewayClass traefik/,
    );
  });
});
