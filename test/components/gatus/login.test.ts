import assert from "node:assert/strict";
import { createSign, generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { gatusConfig } from "../../../components/gatus/config.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { loginFile, writeLogin } from "../../support/gatus-login.ts";
import { useRealGatus } from "../../support/real-gatus.ts";
import { listening } from "../../support/listening.ts";

describe("a login, with the real Gatus", function () {
  this.timeout(30_000);
  const gatus = useRealGatus();
  const STATUSES = "/api/v1/endpoints/statuses";
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(gatus.url + path, { headers, redirect: "manual" });
    return { status: response.status, location: response.headers.get("location") ?? "", response };
  };

  // bcrypt of "secret".
  const HASH = btoa("$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW");
  const authorization = (password: string, username = "ann") => ({
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
  });

  it("by password is needed before Gatus shows results, and applies to labelled endpoints", async () => {
    gatus.mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    gatus.mount("login", "login.yaml", await loginFile({ basic: { username: "ann" }, passwordHash: HASH }));
    mkdirSync(join(gatus.dir, "endpoints"));
    const labelled = { name: "labelled", url: `${gatus.url}/health`, conditions: ["[STATUS] == 200"] };
    writeFileSync(join(gatus.dir, "endpoints", "endpoints.yaml"), JSON.stringify({ endpoints: [labelled] }));
    gatus.start();
    // As the page of the configuration says, a badge needs no login.
    const badge = async (): Promise<boolean> =>
      (await ask("/api/v1/endpoints/_labelled/health/badge.svg")).status === 200;
    await waitUntil("the badge of the labelled endpoint", () => badge().catch(() => false), {
      timeoutMs: 20_000,
    });
    for (const path of [STATUSES, "/api/v1/endpoints/_labelled/statuses", "/api/v1/suites/statuses"])
      for (const headers of [{}, authorization("wrong"), authorization("")])
        assert.equal((await ask(path, headers)).status, 401, path);
    assert.equal((await ask(STATUSES, authorization("secret"))).status, 200);
  });

  it("by a password whose hash is in an existing Secret is the same", async () => {
    const username = "a$$n${HOME}$(HOME)";
    gatus.mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    const login = { basic: { username }, secret: "status", key: "hash" };
    writeLogin(login, `${HASH}\n`, gatus.dir);
    const { output } = gatus.start();
    await gatus.serving();
    for (const headers of [{}, authorization("wrong", username), authorization("secret")])
      assert.equal((await ask(STATUSES, headers)).status, 401);
    assert.equal((await ask(STATUSES, authorization("secret", username))).status, 200);
    assert.ok(!output().includes(HASH));
  });

  describe("by OpenID Connect", () => {
    const SECRET = "s3cr$$t${HOME}";
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    let provider: Server;
    let issuer: string;
    let claims: Record<string, unknown>;
    let asked: { readonly authorization: string | undefined; readonly body: string } | undefined;

    before(async () => {
      provider = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
          if (request.url === "/token") asked = { authorization: request.headers.authorization, body };
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify(answers()[request.url ?? ""] ?? {}));
        });
      });
      issuer = `http://${await listening(provider)}`;
    });
    after(() => {
      provider.close();
      provider.closeAllConnections();
    });

    const answers = (): Record<string, object> => ({
      "/.well-known/openid-configuration": {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ["RS256"],
      },
      "/keys": { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" }] },
      "/token": { access_token: "a", token_type: "Bearer", id_token: token() },
    });

    function token(): string {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const now = Math.floor(Date.now() / 1_000);
      const payload = part({ iss: issuer, aud: "gatus", iat: now, exp: now + 60, ...claims });
      const text = `${part({ alg: "RS256", kid: "k" })}.${payload}`;
      return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`;
    }

    /** @param isExisting whether the client secret is in an existing Secret */
    async function start(isExisting: boolean): Promise<void> {
      const oidc = {
        issuerUrl: issuer,
        clientId: "gatus",
        scopes: ["openid"],
        allowedSubjects: ["ann@example.com"],
      };
      gatus.mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
      const page = "https://status.example.com";
      if (isExisting) writeLogin({ oidc, page, secret: "status", key: "client" }, `${SECRET}\n`, gatus.dir);
      else gatus.mount("login", "login.yaml", await loginFile({ oidc, clientSecret: SECRET, page }));
      gatus.start();
      await gatus.serving();
    }

    /** Logs in as a subject. @returns where Gatus redirects to, and the session's cookie */
    async function logIn(sub: string, changed: Record<string, unknown> = {}) {
      const first = await ask("/oidc/login");
      const query = new URL(first.location).searchParams;
      claims = { sub, nonce: query.get("nonce"), ...changed };
      const cookie = first.response.headers
        .getSetCookie()
        .map((line) => line.split(";")[0])
        .join("; ");
      const path = `/authorization-code/callback?code=c&state=${query.get("state") ?? ""}`;
      const { status, location, response } = await ask(path, { cookie });
      const session = response.headers.getSetCookie().find((line) => line.startsWith("gatus_session="));
      return { status, location, session: session?.split(";")[0] };
    }

    it("shows results only to the allowed subjects, and sends the others to the provider", async () => {
      await start(false);
      assert.equal((await ask(STATUSES)).status, 401);
      assert.equal((await ask(STATUSES, { cookie: "gatus_session=forged" })).status, 401);
      assert.equal((await ask(STATUSES, { authorization: "Bearer forged" })).status, 401);
      const { status, location } = await ask("/oidc/login");
      assert.equal(status, 302);
      const { origin, pathname, searchParams } = new URL(location);
      assert.equal(origin + pathname, `${issuer}/authorize`);
      assert.equal(
        searchParams.get("redirect_uri"),
        "https://status.example.com/authorization-code/callback",
      );

      const denied = await logIn("bob@example.com");
      assert.deepEqual(denied, { status: 302, location: "/?error=access_denied", session: undefined });
      for (const forged of [
        { aud: "other" },
        { exp: 1 },
        { nonce: "other" },
        { iss: "https://other.example.com" },
      ])
        assert.equal((await logIn("ann@example.com", forged)).session, undefined, JSON.stringify(forged));

      const { session = "" } = await logIn("ann@example.com");
      assert.equal((await ask(STATUSES, { cookie: session })).status, 200);
      sendsSecret();
    });

    it("uses a client secret from an existing Secret unchanged", async () => {
      await start(true);
      const { session = "" } = await logIn("ann@example.com");
      assert.equal((await ask(STATUSES, { cookie: session })).status, 200);
      sendsSecret();
    });

    function sendsSecret(): void {
      const sent = `${asked?.authorization ?? ""} ${asked?.body ?? ""}`;
      const basic = Buffer.from(`gatus:${encodeURIComponent(SECRET)}`).toString("base64");
      assert.ok(sent.includes(basic) || sent.includes(encodeURIComponent(SECRET)), "the configured secret");
    }
  });
});
