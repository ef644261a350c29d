import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { traefikArguments, type TraefikArgumentsArgs } from "../../../components/traefik/arguments.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";

const OPTIONS: TraefikArgumentsArgs = {
  gateway: { name: "external", namespace: "network", className: "traefik" },
  ports: { http: 80, https: 443 },
  logLevel: "INFO",
};
/** Everything that can be configured. */
const ALL_OPTIONS: TraefikArgumentsArgs = {
  ...OPTIONS,
  accessLog: { format: "json", statusCodes: ["404", "500-599"] },
  timeouts: { read: "0s", write: "5m", idle: "90s" },
  trustedProxies: ["10.0.0.0/8", "fd00::/8"],
  proxyProtocol: { trustedProxies: ["192.0.2.1/32"] },
  http3: true,
  entryPoints: [
    { name: "postgres", port: 5432, protocol: "TCP" },
    { name: "dns", port: 5353, protocol: "UDP" },
  ],
  experimentalChannel: true,
  middlewares: true,
  arguments: ["--entryPoints.websecure.http.maxHeaderBytes=65536"],
};
const onFreePorts = (options: TraefikArgumentsArgs): string[] =>
  traefikArguments(options)
    // Any free port.
    .map((argument) => argument.replace(/(\.address=):\d+/, "$1127.0.0.1:0"))
    // It cannot listen on the port that it announces.
    .filter((argument) => !argument.includes(".http3="));

/** Log messages of Traefik until it starts its providers or exits. */
async function start(path: string, args: readonly string[]): Promise<string[]> {
  const messages: string[] = [];
  // No cluster needed: the messages come before Traefik connects.
  const traefik = spawn(path, args, { env: {}, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => traefik.once("close", resolve));
  // Traefik reports command line errors here.
  traefik.stderr.on("data", (text: Buffer) => messages.push(text.toString()));
  for await (const line of createInterface({ input: traefik.stdout })) {
    const { message = "", error = "" } = JSON.parse(line) as { message?: string; error?: string };
    messages.push(`${message} ${error}`);
    if (message.startsWith("Starting provider aggregator")) traefik.kill("SIGKILL");
  }
  await ended;
  return messages;
}

describe("the real Traefik", () => {
  const traefik = findProgram(programNamed("traefik", PROGRAMS));

  before(async function () {
    if ((await traefik) !== undefined) return;
    console.log("    not run: Traefik is not built yet, and its flags alone are no reason to build it");
    this.skip();
  });

  for (const [what, options] of [
    ["its arguments", OPTIONS],
    ["every option", ALL_OPTIONS],
  ] as const)
    it(`accepts ${what}`, async () => {
      const messages = await start((await traefik)!.path, onFreePorts(options));
      assert.ok(
        messages.some((message) => message.startsWith("Starting provider aggregator")),
        messages.join("\n"),
      );
      assert.ok(
        messages.some((message) => message.includes('Label selector is: "edgefirst.dev/gateway=external"')),
      );
    });

  it("would reject an unknown argument", async () => {
    const messages = await start((await traefik)!.path, [
      ...onFreePorts(OPTIONS),
      "--providers.kubernetesgateway.nosuch=1",
    ]);
    assert.match(messages.join("\n"), /field not found, node: nosuch/);
  });
});
