import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import type * as http from "node:http";
import * as https from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectProxy } from "../support/connect-proxy.ts";
import { listening } from "../support/listening.ts";
import { selfSigned } from "../../tools/sandbox/agent/self-signed.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../..");
const HOST = "files.example.com";

/** What reaches the world, each printing what it got from the server. */
const CALLERS: Readonly<Record<string, string>> = {
  "a manifest's download": `
    const { download } = await import("./lib/download.ts");
    console.log(String(await download("https://${HOST}/crds.yaml")));`,
  "a pull from a registry": `
    const { RegistryClient } = await import("./tools/toolchain/images/registry-client.ts");
    const client = new RegistryClient({ url: "https://${HOST}", repository: "a", version: "1" });
    console.log(String(await (await client.blob({ digest: "sha256:0", size: 2 }, 0)).text()));`,
  "the look whether a registry is there": `
    const { whyUnreachable } = await import("./tools/toolchain/reachable.ts");
    console.log((await whyUnreachable("https://${HOST}/v2/")) ?? "hello");`,
  "a notification": `
    const { sendNotification, webhookChannel } = await import("./staging/notify.ts");
    const [{ outcome }] = await sendNotification([webhookChannel("https://${HOST}/hook")], { message: "m" });
    console.log(outcome === "sent" ? "hello" : outcome);`,
};

describe("a proxy in the environment", function () {
  this.timeout(60_000);
  const folder = temporaryDirectory("edgefirst-proxy-");
  const authority = join(folder, "authority.pem");
  const servers: http.Server[] = [];
  let targets: string[];
  let proxy: string;

  before(async () => {
    const { certificate, key } = await selfSigned(HOST);
    writeFileSync(authority, certificate);
    const world = https.createServer({ cert: certificate, key }, (_request, response) =>
      response.end("hello"),
    );
    servers.push(world);
    const [, port] = (await listening(world)).split(":");
    const forwarding = connectProxy(Number(port), (target) => targets.push(target));
    forwarding.on("request", ({ url }, response) => {
      targets.push(url ?? "");
      response.end("plain");
    });
    servers.push(forwarding);
    proxy = `http://${await listening(forwarding)}`;
  });
  beforeEach(() => (targets = []));
  after(() => {
    for (const server of servers) server.close();
  });

  const run = async (program: string, environment: NodeJS.ProcessEnv): Promise<string> => {
    const args = ["--input-type=module", "--eval", program];
    const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: authority, ...environment };
    return (await promisify(execFile)(process.execPath, args, { cwd: ROOT, env })).stdout;
  };

  for (const [caller, program] of Object.entries(CALLERS)) {
    it(`is used by ${caller}`, async () => {
      assert.equal(await run(program, { HTTPS_PROXY: proxy }), "hello\n");
      assert.deepEqual(targets, [`${HOST}:443`]);
    });
  }

  it("gets a plain request itself, and none that NO_PROXY excludes or that is for this machine", async () => {
    const program = `
      const { fetchByProxy } = await import("./lib/fetch-by-proxy.ts");
      for (const url of ["http://a.example.com/x", "http://b.invalid/x", "${proxy}/own"])
        console.log(await fetchByProxy(url, {}).then((r) => r.text(), (e) => e.cause.code));`;
    const output = await run(program, { http_proxy: proxy, no_proxy: ".invalid" });
    assert.deepEqual(output.trim().split("\n"), ["plain", "ENOTFOUND", "plain"]);
    assert.deepEqual(targets, ["http://a.example.com/x", "/own"]);
  });
});
