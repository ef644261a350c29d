import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import * as https from "node:https";
import type { AddressInfo, Server } from "node:net";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { gatusConfig } from "../../../components/gatus/config.ts";
import { secretFiles, secretFileWriter } from "../../../components/gatus/secret-files.ts";
import { selfSigned } from "../../../tools/sandbox/agent/self-signed.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { connectProxy } from "../../support/connect-proxy.ts";
import { listening } from "../../support/listening.ts";
import { useRealGatus } from "../../support/real-gatus.ts";
import { writeSecretFile } from "../../support/secret-file.ts";

const HOST = "api.pushover.net";
/** Characters that Gatus would expand, and that JSON and YAML escape. */
const KEYS = { APP: "t$0{HOME}${HOME}\"\\'#: ".padEnd(30, "t"), USER: "$$".padEnd(30, "u") };

interface Message {
  readonly host: string | undefined;
  readonly token: string;
  readonly user: string;
  readonly title: string;
}

describe("Pushover's keys in an existing Secret, with the real Gatus", function () {
  this.timeout(60_000);
  const gatus = useRealGatus();
  const servers: Server[] = [];
  const port = (server: Server): number => (server.address() as AddressInfo).port;
  let certificate: string;
  let proxy: Server;
  let messages: Message[];

  before(async function () {
    // The init container's image has Python; this machine may not.
    if (spawnSync("python3", ["--version"]).status !== 0) this.skip();
    const credentials = await selfSigned(HOST);
    ({ certificate } = credentials);
    const pushover = https.createServer({ cert: certificate, key: credentials.key }, (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        messages.push({ ...(JSON.parse(body) as Message), host: request.headers.host });
        response.end('{"status":1}');
      });
    });
    // Gatus knows only Pushover's real address, and reaches it through the proxy of its environment.
    const listen = async (server: Server): Promise<void> => {
      servers.push(server);
      await listening(server);
    };
    await listen(pushover);
    proxy = connectProxy(port(pushover), (target) => {
      assert.equal(target, `${HOST}:443`);
    });
    await listen(proxy);
  });
  beforeEach(() => (messages = []));
  after(() => {
    for (const server of servers) server.close();
  });

  it("reach Pushover unchanged when an endpoint is down", async () => {
    const [file] = secretFiles({
      storage: { type: "memory" },
      pushover: { secret: "notify", token: "APP", userKey: "USER" },
    });
    mkdirSync(join(gatus.dir, "pushover"));
    const writer = secretFileWriter(file!, "k8s-sidecar") as { command: string[] };
    writeSecretFile(writer, { ...KEYS, APP: `${KEYS.APP}\n` }, join(gatus.dir, "pushover/pushover.yaml"));
    const down = {
      name: "down",
      url: "http://127.0.0.1:1",
      interval: "1s",
      conditions: ["[STATUS] == 200"],
      alerts: [{ type: "pushover", "failure-threshold": 1 }],
    };
    gatus.mount("base", "config.yaml", gatusConfig([down], { type: "memory" }));
    const authority = join(gatus.dir, "authority.pem");
    writeFileSync(authority, certificate);
    const { output } = gatus.start({
      ...process.env,
      HTTPS_PROXY: `http://127.0.0.1:${port(proxy)}`,
      SSL_CERT_FILE: authority,
    });
    await waitUntil("a message to Pushover", () => Promise.resolve(messages.length > 0), {
      timeoutMs: 20_000,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output()}`);
    });
    const [{ host, token, user, title } = assert.fail()] = messages;
    assert.deepEqual([host, token, user], [HOST, KEYS.APP, KEYS.USER]);
    assert.match(title, /down/);
    for (const key of Object.values(KEYS)) assert.ok(!output().includes(key));
  });
});
