import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient, AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { sandboxPolicyPack } from "../../../tools/sandbox/policy-pack/pack.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** A pack whose only policy describes what the pack knows when it loads. */
const PACK = `
const { PolicyPack } = require("@pulumi/policy");
const pulumi = require("@pulumi/pulumi");
const description = [pulumi.getProject(), pulumi.getStack(), new pulumi.Config("edgefirst").require("after")].join(" ");
new PolicyPack("known", { policies: [{ name: "known", description, enforcementLevel: "mandatory", validateResource: () => {} }] });
`;

describe("sandbox: policy pack without a language host", () => {
  let dir: string;
  let plugin: ChildProcess | undefined;
  const clients: AnalyzerClient[] = [];

  beforeEach(() => {
    dir = temporaryDirectory("edgefirst-pack-");
    mkdirSync(join(dir, "pack's"));
    symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    // As the CLI ends a plugin: with everything that it started.
    if (plugin?.pid !== undefined && plugin.exitCode === null) process.kill(-plugin.pid, "SIGKILL");
  });

  /** Starts the pack as the CLI does: as a process that prints its port and is called there. */
  async function started(program: string): Promise<AnalyzerClient> {
    const pack = join(dir, "pack's");
    writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: main.cjs\n");
    writeFileSync(join(pack, "package.json"), '{ "version": "1.0.0", "main": "main.cjs" }');
    writeFileSync(join(pack, "main.cjs"), program);
    plugin = spawn(await sandboxPolicyPack({ dir, pack }), ["127.0.0.1:1"], {
      env: { ...process.env, PATH: [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter) },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    const [port] = (await once(createInterface({ input: plugin.stdout! }), "line")) as [string];
    const client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
    clients.push(client);
    return client;
  }

  async function configure(client: AnalyzerClient): Promise<void> {
    const request = AnalyzerService.configureStack.requestDeserialize(Buffer.alloc(0));
    request.setProject("fleet");
    request.setStack("main");
    request.getConfigMap().set("edgefirst:after", "edge");
    await promisify<typeof request, unknown>(client.configureStack.bind(client))(request);
  }

  function info(client: AnalyzerClient): Promise<AnalyzerInfo> {
    const nothing = AnalyzerService.getAnalyzerInfo.requestDeserialize(Buffer.alloc(0));
    return promisify<typeof nothing, AnalyzerInfo>(client.getAnalyzerInfo.bind(client))(nothing);
  }

  it("knows the stack and its configuration when it loads", async () => {
    const client = await started(PACK);
    await configure(client);
    const [policy] = (await info(client)).getPoliciesList();
    assert.equal(policy?.getDescription(), "fleet main edge");
  });

  it("is an error for the CLI if it does not start, whichever call comes first, and ends then", async () => {
    const broken = 'throw new Error("out of order")';
    await assert.rejects(
      configure(await started(broken)),
      /The policy pack in .* did not start: exit code 32\./,
    );
    await once(plugin!, "exit");
    await assert.rejects(info(await started(broken)), /The policy pack in .* did not start: exit code 32\./);
    await once(plugin!, "exit");
  });
});
