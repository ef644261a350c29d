import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { traefikArguments } from "../../../components/traefik/pod.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";

const ARGUMENTS = traefikArguments({
  name: "traefik-gateway-external",
  selector: {},
  gateway: { name: "external", namespace: "network", className: "traefik" },
  ports: { http: 80, https: 443 },
  image: "",
  spread: "ScheduleAnyway",
  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  logLevel: "INFO",
})
  // Any free port.
  .map((argument) => argument.replace(/(\.address=):\d+$/, "$1127.0.0.1:0"));

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

  it("accepts its arguments", async () => {
    const messages = await start((await traefik)!.path, ARGUMENTS);
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
      ...ARGUMENTS,
      "--providers.kubernetesgateway.nosuch=1",
    ]);
    assert.match(messages.join("\n"), /field not found, node: nosuch/);
  });
});
