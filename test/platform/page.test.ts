import assert from "node:assert/strict";
import { checkGatusPage, gatusPage } from "../../platform/page.ts";
import { stackConfig } from "../support/stack-config.ts";

/** A configuration with these settings for the first Gateway and for Gatus. */
function configured(gateway: Record<string, unknown>, gatus: Record<string, unknown> = {}) {
  return stackConfig({
    cluster: { context: "test" },
    gateways: [{ name: "external", namespace: "network", className: "traefik", ...gateway }],
    gatus: { install: true, hostname: "status.example.com", ...gatus },
  });
}
const tls = (...hostnames: string[]) => ({
  hostnames: hostnames.map((hostname) => ({ hostname, certificate: { secret: "tls" } })),
});

describe("platform: Gatus's page", () => {
  it("is on the HTTPS listener with the most specific hostname", () => {
    const page = gatusPage(configured({ https: tls("*.example.com", "status.example.com", "example.com") }));
    assert.equal(page?.gateway.sectionName, "websecure-status-example-com");
    assert.equal(page.url, "https://status.example.com");
  });

  it("matches a wildcard for subdomains, not for the domain itself", () => {
    const https = { ...tls("*.example.com"), port: 8443 };
    assert.equal(gatusPage(configured({ https }))?.url, "https://status.example.com:8443");
    const own = gatusPage(configured({ https }, { hostname: "example.com" }));
    assert.deepEqual([own?.gateway.sectionName, own?.url], ["web", "http://example.com"]);
  });

  it("is plain HTTP if no certificate covers it", () => {
    const bare = { https: { hostnames: [{ hostname: "*.example.com" }] }, http: { port: 8080 } };
    const page = gatusPage(configured(bare));
    assert.deepEqual([page?.gateway.sectionName, page?.url], ["web", "http://status.example.com:8080"]);
    assert.deepEqual(checkGatusPage(configured(bare)), []);
  });

  it("is refused if no listener accepts it: one that redirects, or only for its own namespace", () => {
    const redirecting = { http: { redirectToHttps: true }, https: tls("app.example.com") };
    for (const config of [configured(redirecting), configured({ allowedNamespaces: "Same" })])
      assert.deepEqual(
        checkGatusPage(config).map(({ severity }) => severity),
        ["error"],
      );
    assert.deepEqual(checkGatusPage(configured(redirecting, { namespace: "network" })), []);
    assert.deepEqual(checkGatusPage(configured({ ...redirecting, https: tls("*.example.com") })), []);
  });

  it("does not exist without a hostname, or if Gatus has another owner", () => {
    assert.equal(gatusPage(configured({}, { hostname: undefined })), undefined);
    assert.equal(gatusPage(configured({}, { install: false })), undefined);
  });
});
