import assert from "node:assert/strict";
import { parseConfig } from "../../config/load.ts";
import { checkGatusPage, gatusPage } from "../../platform/page.ts";

/** A configuration whose first Gateway has these settings, and whose Gatus these. */
function configured(gateway: Record<string, unknown>, gatus: Record<string, unknown> = {}) {
  const values = {
    cluster: { context: "test" },
    gateways: [{ name: "external", namespace: "network", className: "traefik", ...gateway }],
    gatus: { install: true, hostname: "status.example.com", ...gatus },
  };
  const texts = Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]);
  return parseConfig({ values: Object.fromEntries(texts) as Record<string, string>, secrets: {} });
}
const tls = (...hostnames: string[]) => ({
  hostnames: hostnames.map((hostname) => ({ hostname, certificate: { secret: "tls" } })),
});

describe("platform: Gatus' page", () => {
  it("is on the most specific HTTPS listener for its hostname", () => {
    const page = gatusPage(configured({ https: tls("*.example.com", "status.example.com", "example.com") }));
    assert.equal(page?.gateway.sectionName, "websecure-status-example-com");
    assert.equal(page.url, "https://status.example.com");
  });

  it("counts a wildcard for names below it, not for its own domain", () => {
    const https = { ...tls("*.example.com"), port: 8443 };
    assert.equal(gatusPage(configured({ https }))?.url, "https://status.example.com:8443");
    const own = gatusPage(configured({ https }, { hostname: "example.com" }));
    assert.deepEqual([own?.gateway.sectionName, own?.url], ["web", "http://example.com"]);
  });

  it("is plain where no certificate covers it", () => {
    const bare = { https: { hostnames: [{ hostname: "*.example.com" }] }, http: { port: 8080 } };
    const page = gatusPage(configured(bare));
    assert.deepEqual([page?.gateway.sectionName, page?.url], ["web", "http://status.example.com:8080"]);
    assert.deepEqual(checkGatusPage(configured(bare)), []);
  });

  it("is refused where no listener takes it: a redirecting one, or one for its own namespace alone", () => {
    const redirecting = { http: { redirectToHttps: true }, https: tls("app.example.com") };
    for (const config of [configured(redirecting), configured({ allowedNamespaces: "Same" })])
      assert.deepEqual(
        checkGatusPage(config).map(({ severity }) => severity),
        ["error"],
      );
    assert.deepEqual(checkGatusPage(configured(redirecting, { namespace: "network" })), []);
    assert.deepEqual(checkGatusPage(configured({ ...redirecting, https: tls("*.example.com") })), []);
  });

  it("is nowhere without a hostname, or where Gatus is somebody else's", () => {
    assert.equal(gatusPage(configured({}, { hostname: undefined })), undefined);
    assert.equal(gatusPage(configured({}, { install: false })), undefined);
  });
});
