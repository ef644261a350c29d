import assert from "node:assert/strict";
import { selfSigned } from "../../../../../tools/sandbox/agent/self-signed.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { ingressWith, messages, resultOf } from "../../planning.ts";

const GATEWAY = {
  name: "front",
  namespace: "doors",
  elsewhere: true,
  entryPoints: { lan: "lan", lansecure: "lansecure", websecure: "wan" },
};

/** The cutover list for an Ingress on an entry point of Traefik. */
function cutover(entryPoint: string, httpsListeners: readonly string[], more: object = {}): string {
  const annotations = { "traefik.ingress.kubernetes.io/router.entrypoints": entryPoint };
  const files = { "web.yaml": ingressWith({ ingressClassName: "traefik", annotations, more }) };
  const result = resultOf(route, files, { route: { gateways: { traefik: { ...GATEWAY, httpsListeners } } } });
  assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
  return messages(result, "cutover").join("\n");
}
const NEEDED = /TLS: a certificate on the Gateway's listener must cover it/;

describe("migrate route: the certificate of a host at a Gateway that is created elsewhere", () => {
  it("is not asked for if the options show that its listener is not for HTTPS", () => {
    assert.doesNotMatch(cutover("lan", ["lansecure"]), NEEDED);
  });

  it("is asked for if its listener is for HTTPS, may be, or if the Ingress has a certificate", () => {
    assert.match(cutover("lansecure", ["lansecure"]), NEEDED);
    assert.match(cutover("lan", []), NEEDED);
    assert.match(cutover("websecure", ["lansecure"]), NEEDED);
    const tls = [{ secretName: "web-tls" }, { secretName: "wild-tls" }];
    assert.match(
      cutover("lan", ["lansecure"], { tls: tls.slice(1) }),
      / \(the Ingress names Secret wild-tls\)/,
    );
    assert.match(cutover("lan", ["lansecure"], { tls }), / \(the Ingress names Secrets web-tls, wild-tls\)/);
  });
});

const CERTIFICATE = "cert-manager.io/v1";
const certificate = (spec: object, namespace = "apps"): object => ({
  apiVersion: CERTIFICATE,
  kind: "Certificate",
  metadata: { name: "own", namespace },
  spec: { secretName: "web-tls", ...spec },
});
const secret = (more: object): object => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "web-tls", namespace: "apps" },
  type: "kubernetes.io/tls",
  ...more,
});

/** What is said of the certificate of a host whose Ingress names Secret web-tls. */
function today(host: string, objects: readonly object[], annotations: object = {}): string {
  const more = { tls: [{ secretName: "web-tls", hosts: ["asked.example.com"] }] };
  const ingress = ingressWith({ ingressClassName: "traefik", annotations, host, more });
  const options = { route: { gateways: { traefik: { ...GATEWAY, httpsListeners: ["lansecure"] } } } };
  const result = resultOf(route, { "web.yaml": [ingress, ...objects] }, options);
  assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
  const [, said] =
    /listener must cover it(.*?)(?:; cert-manager|$)/m.exec(messages(result, "cutover").join("\n")) ?? [];
  return said ?? "";
}
const DOES = ", as Secret web-tls does today";
const NAMES = " (the Ingress names Secret web-tls)";
const lacks = (reason: string): string => `; Secret web-tls, which the Ingress names, does not: ${reason}`;

describe("migrate route: the certificate that cert-manager issues for an Ingress", () => {
  const said = (annotations: object, ...objects: readonly object[]): string => {
    const more = { tls: [{ secretName: "web-tls", hosts: ["web.example.com"] }] };
    const files = {
      "web.yaml": [ingressWith({ ingressClassName: "traefik", annotations, more }), ...objects],
    };
    const options = { route: { gateways: { traefik: { ...GATEWAY, httpsListeners: ["lansecure"] } } } };
    return messages(resultOf(route, files, options), "cutover").join("\n");
  };

  it("goes with it, and the Gateway needs an issuer that may issue in its namespace", () => {
    assert.match(said({ "cert-manager.io/cluster-issuer": "ca" }), /: move cluster-issuer ca to the Gateway/);
    assert.match(
      said({ "cert-manager.io/issuer": "ca" }),
      /cert-manager deletes the certificate with the Ingress: issuer ca is an Issuer in namespace apps, and the Gateway needs one in namespace doors, or a ClusterIssuer/,
    );
    const external = { "cert-manager.io/issuer": "ca", "cert-manager.io/issuer-kind": "StepClusterIssuer" };
    assert.match(said(external), /: move issuer ca, issuer-kind StepClusterIssuer to the Gateway/);
  });

  it("stays if a Certificate of the repository writes its Secret", () => {
    const issuer = { "cert-manager.io/issuer": "ca" };
    const reflected = {
      "reflector.v1.k8s.emberstack.com/reflection-allowed": "true",
      "reflector.v1.k8s.emberstack.com/reflection-auto-enabled": "true",
    };
    assert.doesNotMatch(said(issuer, certificate({ dnsNames: ["*.example.com"] })), /cert-manager deletes/);
    const copied = certificate({ secretTemplate: { annotations: reflected } }, "certs");
    assert.doesNotMatch(said(issuer, copied), /cert-manager deletes/);
    assert.match(said(issuer, certificate({}, "certs")), /cert-manager deletes/);
  });
});

describe("migrate route: what the Secret of an Ingress covers today", () => {
  it("is what its Certificate lists", () => {
    const wild = certificate({ dnsNames: ["*.example.com", "other.test"], commonName: "*.example.com" });
    const reason = "Certificate apps/own has only *.example.com, other.test";
    assert.equal(today("web.example.com", [wild]), DOES);
    assert.equal(today("other.test", [wild]), DOES);
    assert.equal(today("web.example.net", [wild]), lacks(reason));
    assert.equal(today("a.web.example.com", [wild]), lacks(reason), "a wildcard is one label");
    assert.equal(today("example.com", [wild]), lacks(reason));
    assert.equal(
      today("web.example.com", [certificate({ ipAddresses: ["10.0.0.1"] })]),
      lacks("Certificate apps/own has no DNS name"),
    );
  });

  it("is not known if nothing shows it", () => {
    assert.equal(today("web.example.com", []), NAMES);
    const named = certificate({ commonName: "web.example.com", dnsNames: ["a.example.com"] });
    assert.equal(today("web.example.com", [named]), NAMES, "some clients accept the common name");
    assert.equal(today("web.example.com", [certificate({ dnsNames: ["*.${DOMAIN}"] })]), NAMES);
    assert.equal(
      today("web.example.com", [certificate({ secretName: "else", dnsNames: ["web.example.com"] })]),
      NAMES,
    );
    assert.equal(today("web.example.com", [certificate({ dnsNames: ["web.example.com"] }, "vault")]), NAMES);
  });

  it("is that of a Certificate whose Secret is copied to its namespace", () => {
    const copied = (annotations: object): object =>
      certificate({ dnsNames: ["*.example.com"], secretTemplate: { annotations } }, "vault");
    const reflector = "reflector.v1.k8s.emberstack.com";
    const auto = {
      [`${reflector}/reflection-auto-enabled`]: "true",
      [`${reflector}/reflection-allowed`]: "true",
    };
    const reason = lacks("Certificate vault/own has only *.example.com");
    assert.equal(today("web.example.com", [copied(auto)]), DOES);
    assert.equal(today("web.example.net", [copied(auto)]), reason);
    assert.equal(
      today("web.example.net", [
        copied({ ...auto, [`${reflector}/reflection-allowed-namespaces`]: "media,app.*" }),
      ]),
      reason,
    );
    assert.equal(
      today("web.example.net", [copied({ ...auto, [`${reflector}/reflection-auto-namespaces`]: "media" })]),
      NAMES,
    );
    assert.equal(
      today("web.example.net", [copied({ "replicator.v1.mittwald.de/replicate-to": "apps" })]),
      reason,
    );
    const metadata = {
      name: "web-tls",
      namespace: "apps",
      annotations: { [`${reflector}/reflects`]: "vault/web-tls" },
    };
    assert.equal(today("web.example.net", [copied({}), secret({ metadata })]), reason);
  });

  it("is what a Secret in plain text contains", async () => {
    const { certificate: pem } = await selfSigned("web.example.com");
    const data = { "tls.crt": Buffer.from(pem).toString("base64"), "tls.key": "" };
    const reason = lacks("its certificate has only web.example.com");
    assert.equal(today("web.example.com", [secret({ data })]), DOES);
    assert.equal(today("web.example.net", [secret({ data })]), reason);
    assert.equal(today("web.example.net", [secret({ stringData: { "tls.crt": pem } })]), reason);
    const broken = "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n";
    assert.equal(today("web.example.net", [secret({ stringData: { "tls.crt": broken } })]), NAMES);
  });

  it("is what the Ingress asks cert-manager for", () => {
    const annotations = { "cert-manager.io/cluster-issuer": "acme" };
    assert.equal(today("asked.example.com", [], annotations), DOES);
    assert.equal(today("web.example.com", [], annotations), lacks("its tls lists only asked.example.com"));
  });

  it("is not said to cover the host of an IngressRoute that it does not", () => {
    const ingressRoute = {
      apiVersion: "traefik.io/v1alpha1",
      kind: "IngressRoute",
      metadata: { name: "web", namespace: "apps", annotations: { "kubernetes.io/ingress.class": "traefik" } },
      spec: {
        entryPoints: ["lansecure"],
        routes: [{ kind: "Rule", match: "Host(`web.example.net`)", services: [{ name: "web", port: 80 }] }],
        tls: { secretName: "web-tls" },
      },
    };
    const options = { route: { gateways: { traefik: { ...GATEWAY, httpsListeners: ["lansecure"] } } } };
    const files = { "web.yaml": [ingressRoute, certificate({ dnsNames: ["*.example.com"] })] };
    const notes = messages(resultOf(route, files, options), "cutover").join("\n");
    assert.match(
      notes,
      /must cover it; Secret web-tls, which the IngressRoute names, does not: Certificate apps\/own has only \*\.example\.com/,
    );
  });
});
