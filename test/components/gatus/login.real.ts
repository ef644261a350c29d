import assert from "node:assert/strict";
import { gatusConfig } from "../../../components/gatus/config.ts";
import { gatusRoute } from "../../../components/gatus/page.ts";
import { loginFile } from "../../support/gatus-login.ts";
import { startProvider, type RunningProvider } from "../../support/openid-provider.ts";
import { useRealGatus } from "../../support/real-gatus.ts";
import { backendObjects } from "../../support/routes/backends.ts";
import { hangUp } from "../../support/routes/client.ts";
import { selfSigned } from "../../support/routes/credentials.ts";
import { startTraefik, type RunningTraefik } from "../../support/routes/traefik-process.ts";

const HOST = "status.example.com";
const PAGE = `https://${HOST}`;
const STATUSES = "/api/v1/endpoints/statuses";
const CLIENT = { clientId: "status", clientSecret: "s3cr$t" };
/** Both may log in at the provider. */
const USERS = { "ann@example.com": "ann's password", "bob@example.com": "bob's password" };
const [ANN, BOB] = ["ann@example.com", "bob@example.com"] as const;

describe("a login by OpenID Connect through the page's route, with a provider of another project", function () {
  this.timeout(600_000);
  const gatus = useRealGatus();
  let provider: RunningProvider;
  let traefik: RunningTraefik;

  before(async () => {
    const redirectUri = `${PAGE}/authorization-code/callback`;
    provider = await startProvider({ ...CLIENT, redirectUri, users: USERS });
  });
  after(() => provider.stop());
  afterEach(async () => {
    hangUp();
    await traefik.stop();
  });

  /** Starts Gatus with a login, and Traefik with the page's route to it. */
  async function start(clientSecret = CLIENT.clientSecret): Promise<void> {
    const { clientId } = CLIENT;
    const oidc = { issuerUrl: provider.issuer, clientId, scopes: ["openid"], allowedSubjects: [ANN] };
    gatus.mount("base", "config.yaml", gatusConfig([], { type: "memory" }));
    gatus.mount("login", "login.yaml", await loginFile({ oidc, clientSecret, page: PAGE }));
    gatus.start();
    await gatus.serving();
    const gateway = { name: "external", namespace: "network", sectionName: "https" };
    const pod = { address: "127.0.0.1", port: Number(new URL(gatus.url).port) };
    const objects = [
      gatusRoute({ hostname: HOST, url: PAGE, gateway }, "observability", 80),
      ...backendObjects("gatus", "observability", [pod]),
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "observability", labels: { "kubernetes.io/metadata.name": "observability" } },
      },
    ];
    traefik = await startTraefik(objects, await selfSigned(HOST));
  }

  const ask = (path: string, cookie = "") =>
    traefik.ask({ scheme: "https", host: HOST, path, headers: { cookie } });
  const cookies = (headers: Readonly<Record<string, string>>): string =>
    [...(headers["set-cookie"] ?? "").matchAll(/(?:^|,)(gatus_\w+=[^;,]*)/g)]
      .map(([, one]) => one)
      .join("; ");

  /** Logs in as a browser does. @returns where Gatus finally redirects to, and its cookies */
  async function logIn(username: string, password: string) {
    const first = await ask("/oidc/login");
    assert.equal(first.status, 302);
    const back = await provider.logIn(first.headers.location ?? "", username, password);
    if (back === undefined) return undefined;
    assert.ok(back.startsWith(`${PAGE}/authorization-code/callback?`), back);
    const last = await ask(back.slice(PAGE.length), cookies(first.headers));
    return { status: last.status, location: last.headers.location, cookie: cookies(last.headers) };
  }

  it("lets in the person who is allowed, and no one else", async () => {
    await start();
    assert.equal((await ask("/")).status, 200, "the page's frame is public");
    assert.equal((await ask(STATUSES)).status, 401);
    const { headers } = await ask("/oidc/login");
    assert.ok(headers.location?.startsWith(`${provider.issuer}/auth?`), headers.location);

    assert.equal(await logIn(ANN, "wrong"), undefined);
    const bob = await logIn(BOB, USERS[BOB]);
    assert.equal(bob?.location, "/?error=access_denied");
    assert.equal((await ask(STATUSES, bob.cookie)).status, 401);

    const ann = await logIn(ANN, USERS[ANN]);
    assert.equal(ann?.location, "/");
    assert.equal((await ask(STATUSES, ann.cookie)).status, 200);
    for (const path of ["/metrics", "/Metrics", "//metrics", "/api/../metrics", "/%6detrics"])
      assert.equal((await ask(path, ann.cookie)).status, 404, path);
    // Gatus itself would serve them.
    assert.equal((await fetch(`${gatus.url}/metrics`)).status, 200);
  });

  it("lets no one in with another client secret than the provider's", async () => {
    await start("wrong");
    const ann = await logIn(ANN, USERS[ANN]);
    assert.notEqual(ann?.location, "/");
    assert.equal((await ask(STATUSES, ann?.cookie)).status, 401);
  });
});
