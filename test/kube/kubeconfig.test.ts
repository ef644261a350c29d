import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { KubeClient } from "../../kube/kube-client.ts";
import { createPki } from "../../tools/sandbox/pki.ts";
import { findProgram } from "../../tools/toolchain/find.ts";
import { programNamed } from "../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../tools/toolchain/programs.ts";
import { startReachable, type Caller, type ReachableServers } from "../support/reachable.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { direct, plugin, WAYS, type Way } from "./kubeconfig-ways.ts";
import { UNUSUAL_WAYS } from "./unusual-ways.ts";

const VARIABLES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "NO_PROXY", "no_proxy", "KUBECONFIG"] as const;

/** The reference. Where it is not built yet, its behavior is in the table. */
const KUBECTL = await findProgram(programNamed("kubectl", PROGRAMS));

describe("access to a cluster", () => {
  const dir = temporaryDirectory("edgefirst-ways-");
  const pki = join(dir, "pki");
  let servers: ReachableServers;
  const environment = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  before(async () => {
    await createPki(pki, { node: "n", apiserverAddress: "10.0.0.1" });
    servers = await startReachable(pki);
  });
  after(() => {
    servers.close();
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(environment))
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  /** Values that the table cannot contain: ports. */
  const ports = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => String(servers[name as "https"]));
  function prepare({
    cluster = direct,
    user = { token: "abc" },
    files = ["edge"],
    environment: more = {},
    prefix = "",
    suffix = "",
  }: Way): void {
    const write = (file: string, content: object, start = "", end = ""): void => {
      const text = stringify({ apiVersion: "v1", kind: "Config", ...content });
      writeFileSync(join(dir, file), start + ports(text + end));
    };
    const clusters = [{ name: "c", cluster }];
    const contexts = [{ name: "edge", context: { cluster: "c", user: "u" } }];
    write("edge", { clusters, users: [{ name: "u", user }], contexts }, prefix, suffix);
    const stranger = [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }];
    write("stranger", { clusters: stranger, users: [{ name: "u", user: { token: "stranger" } }] });
    write("user", { users: [{ name: "u", user: { token: "merged" } }] });
    mkdirSync(join(dir, "sub"), { recursive: true });
    write("sub/cluster", {
      clusters: [{ name: "c", cluster: { ...direct, "certificate-authority": "../pki/ca.crt" } }],
    });
    writeFileSync(join(dir, "token"), "tok\n");
    const login = [
      "#!/bin/sh",
      "sleep 1",
      // The environment of the plugin protocol, without which some plugins refuse to run.
      `case "$KUBERNETES_EXEC_INFO" in *'"server":"https://127.0.0.1'*) ;; *) exit 3 ;; esac`,
      `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"exec"}}'`,
    ];
    writeFileSync(join(dir, "login"), login.join("\n"), { mode: 0o755 });
    for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
    process.env.KUBECONFIG = files.map((file) => join(dir, file)).join(delimiter);
    for (const [name, value] of Object.entries(more)) process.env[name] = ports(value);
  }

  /** What the server saw, without undefined fields. */
  const taken = (): Caller | undefined => {
    const caller = servers.take();
    return caller && (JSON.parse(JSON.stringify(caller)) as Caller);
  };

  for (const [what, way] of Object.entries({ ...WAYS, ...UNUSUAL_WAYS })) {
    it(`works with our client: ${what}`, async () => {
      prepare(way);
      try {
        const client = new KubeClient({ context: "edge" });
        await client.version().finally(() => {
          client.close();
        });
      } catch (error) {
        if (way.seen !== undefined) throw error;
      }
      assert.deepEqual(taken(), way.seen);
    });
    if (KUBECTL !== undefined)
      it(`works with kubectl: ${what}`, async () => {
        prepare(way);
        const arguments_ = ["--context", "edge", "--request-timeout", "5s", "get", "--raw", "/version"];
        // kubectl keeps retrying to resolve a name.
        const limit = way.seen === undefined ? { timeout: 3_000 } : {};
        await promisify(execFile)(KUBECTL.path, arguments_, limit).catch((error: unknown) => {
          if (way.seen !== undefined) throw error;
        });
        assert.deepEqual(taken(), way.seen);
      });
  }

  it("waits for the exec plugin, regardless of the request timeout", async () => {
    prepare({ user: plugin(), seen: {} });
    const { loadKubeconfig } = await import("../../kube/kubeconfig.ts");
    const { ApiServer } = await import("../../kube/api-server.ts");
    const access = loadKubeconfig({ context: "edge" });
    const server = new ApiServer("edge", access, 500);
    // The plugin sleeps for 1 s, once for all requests.
    await Promise.all([1, 2, 3].map(() => server.call("GET", "/version")));
    server.close();
    assert.equal(taken()?.authorization, "Bearer exec");
  });

  it("runs the exec plugin again if the API server rejects the token", async () => {
    prepare({ user: plugin(), seen: {} });
    const count = join(dir, "count");
    const script = `#!/bin/sh\necho run >> ${count}\nt=$([ $(wc -l < ${count}) -gt 1 ] && echo fresh || echo stale)\n`;
    const credential = `echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"status\\":{\\"token\\":\\"$t\\"}}"`;
    writeFileSync(join(dir, "login"), script + credential, { mode: 0o755 });
    const client = new KubeClient({ context: "edge" });
    await client.version();
    client.close();
    assert.equal(taken()?.authorization, "Bearer fresh");
  });

  it("expands ~ in the configured path, like the provider", () => {
    assert.throws(
      () => new KubeClient({ kubeconfig: "~/no-such-kubeconfig", context: "edge" }),
      /kubeconfig \/.*no-such/,
    );
  });
});
