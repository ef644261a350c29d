import assert from "node:assert/strict";
import { checkLogin } from "../../../components/gatus/login-check.ts";
import type { GatusLogin } from "../../../components/gatus/login.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { clusterHolding } from "../../support/cluster.ts";

const BCRYPT = `$2b$10$${"a".repeat(53)}`;
const BASIC: GatusLogin = { basic: { username: "ann" }, secret: "status", key: "hash" };
const OIDC: GatusLogin = {
  oidc: { issuerUrl: "https://id.example.com", clientId: "status", scopes: ["openid"], allowedSubjects: [] },
  page: "https://status.example.com",
  secret: "status",
  key: "client",
};
const secret = (data: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "status", namespace: "observability" },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])),
});
const found = async (login: GatusLogin | undefined, ...live: KubeObject[]): Promise<string[]> => {
  const findings = await checkLogin(login, "observability", clusterHolding(...live));
  return findings.map(({ severity, message, hint = "" }) => `${severity}: ${message} ${hint}`);
};

describe("an existing Secret for Gatus's login", () => {
  it("is accepted with its key, and with the newline that a file ends with", async () => {
    assert.deepEqual(await found(BASIC, secret({ hash: `${btoa(BCRYPT)}\n` })), []);
    assert.deepEqual(await found(OIDC, secret({ client: "s" })), []);
  });

  it("is reported if it or its key does not exist, with the command that creates it", async () => {
    const [absent = ""] = await found(BASIC);
    assert.match(
      absent,
      /^warning: Secret observability\/status, with the password of Gatus's login, does not exist on test: Gatus would not start\..*create secret generic status --from-literal hash=HASH$/,
    );
    const [lacking = ""] = await found(OIDC, secret({ hash: "x" }));
    assert.match(lacking, /with the client secret of Gatus's login, has no key client on test/);
    assert.match(lacking, /--from-literal client=CLIENT_SECRET$/);
  });

  it("is reported if no one could log in with its value, without any part of it", async () => {
    for (const value of [BCRYPT, "canary", btoa("canary"), ""]) {
      const [finding = "", ...more] = await found(BASIC, secret({ hash: value }));
      assert.match(
        finding,
        /^warning: Key hash of Secret observability\/status on test is not a bcrypt hash in base64: no one could log in to Gatus\./,
      );
      assert.deepEqual(more, []);
      assert.ok(value === "" || !finding.includes(value), finding);
    }
    assert.match(
      (await found(OIDC, secret({ client: " \n" })))[0] ?? "",
      /Key client .* is empty: Gatus would/,
    );
  });

  it("is not read if the stack has the value, or Gatus has no login", async () => {
    assert.deepEqual(await found({ basic: { username: "ann" }, passwordHash: "h" }), []);
    assert.deepEqual(await found(undefined), []);
  });
});
