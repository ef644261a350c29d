import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { KubeClient } from "../../kube/kube-client.ts";
import { createPki } from "../../tools/sandbox/pki.ts";
import { startReachable, type Caller, type ReachableServers } from "../support/reachable.ts";

/** A way to reach a cluster, and the caller that the cluster sees. */
interface Way {
  readonly cluster?: object;
  /** By default, a user with the token `abc`: without credentials, kubectl would ask for a user name. */
  readonly user?: object;
  /** Environment variables in addition to KUBECONFIG. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Value of KUBECONFIG; `edge` by default, relative to the folder. */
  readonly files?: readonly string[];
  /** What the server sees; undefined if it is not reached. */
  readonly seen: Caller | undefined;
}

/** A name that only the proxies know. */
const BEHIND_PROXY = "https://kubernetes:6443";
const VARIABLES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "NO_PROXY", "no_proxy", "KUBECONFIG"] as const;

/** kubectl on PATH, as the reference. For machines without kubectl, its behavior is in the table. */
const KUBECTL = (process.env.PATH ?? "")
  .split(delimiter)
  .map((directory) => join(directory, "kubectl"))
  .find((file) => existsSync(file));

describe("access to a cluster", () => {
  const dir = mkdtempSync(join(tmpdir(), "edgefirst-ways-"));
  const pki = join(dir, "pki");
  let servers: ReachableServers;
  const environment = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  before(async () => {
    await createPki(pki, { node: "n", apiserverAddress: "10.0.0.1" });
    servers = await startReachable(pki);
  });
  after(() => {
    servers.close();
    rmSync(dir, { recursive: true });
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(environment))
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  /** Values that the table cannot contain: ports. */
  const ports = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => String(servers[name as "https"]));
  const ca = { "certificate-authority": "pki/ca.crt" };
  const direct = { server: "https://127.0.0.1:{https}", ...ca };
  const plugin = (apiVersion = "client.authentication.k8s.io/v1") => ({
    exec: { apiVersion, command: "./login", interactiveMode: "Never", provideClusterInfo: true },
  });

  function prepare({
    cluster = direct,
    user = { token: "abc" },
    files = ["edge"],
    environment: more = {},
  }: Way): void {
    const write = (file: string, content: object): void => {
      writeFileSync(join(dir, file), ports(stringify({ apiVersion: "v1", kind: "Config", ...content })));
    };
    const clusters = [{ name: "c", cluster }];
    const contexts = [{ name: "edge", context: { cluster: "c", user: "u" } }];
    write("edge", { clusters, users: [{ name: "u", user }], contexts });
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

  const WAYS: Readonly<Record<string, Way>> = {
    "a token": { seen: { authorization: "Bearer abc" } },
    "a token in a file next to the kubeconfig": {
      user: { tokenFile: "token" },
      seen: { authorization: "Bearer tok" },
    },
    "a token in a file, and an old one inline": {
      user: { tokenFile: "token", token: "old" },
      seen: { authorization: "Bearer tok" },
    },
    "a token file that does not exist": { user: { tokenFile: "gone" }, seen: undefined },
    "a certificate": {
      user: { "client-certificate": "pki/admin.crt", "client-key": "pki/admin.key" },
      seen: { certificate: "edgefirst:sandbox-admin" },
    },
    "a name and a password": {
      user: { username: "ann", password: "secret" },
      seen: { authorization: `Basic ${Buffer.from("ann:secret").toString("base64")}` },
    },
    impersonation: {
      user: { token: "abc", as: "deployer" },
      seen: { authorization: "Bearer abc", impersonated: "deployer" },
    },
    "an exec plugin next to the kubeconfig": { user: plugin(), seen: { authorization: "Bearer exec" } },
    "an exec plugin of another version": {
      user: plugin("client.authentication.k8s.io/v1beta1"),
      seen: undefined,
    },
    "a server that is not verified": {
      cluster: { server: "https://127.0.0.1:{https}", "insecure-skip-tls-verify": true },
      seen: { authorization: "Bearer abc" },
    },
    "a server of unknown authority": { cluster: { server: "https://127.0.0.1:{https}" }, seen: undefined },
    "another server name": {
      cluster: { ...direct, "tls-server-name": "kubernetes" },
      seen: { authorization: "Bearer abc" },
    },
    "a wrong server name": { cluster: { ...direct, "tls-server-name": "wrong" }, seen: undefined },
    "plain HTTP, without credentials": {
      cluster: { server: "http://127.0.0.1:{http}" },
      seen: {},
    },
    "proxy-url": {
      cluster: { server: BEHIND_PROXY, ...ca, "proxy-url": "http://127.0.0.1:{httpProxy}" },
      seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
    },
    "a SOCKS proxy-url": {
      cluster: { server: BEHIND_PROXY, ...ca, "proxy-url": "socks5://127.0.0.1:{socksProxy}" },
      seen: { authorization: "Bearer abc", proxy: "socks for kubernetes" },
    },
    "proxy-url with a certificate and another server name": {
      cluster: {
        server: "https://api.internal:6443",
        ...ca,
        "tls-server-name": "localhost",
        "proxy-url": "http://127.0.0.1:{httpProxy}",
      },
      user: { "client-certificate": "pki/admin.crt", "client-key": "pki/admin.key" },
      seen: { certificate: "edgefirst:sandbox-admin", proxy: "http for api.internal:6443" },
    },
    HTTPS_PROXY: {
      cluster: { server: BEHIND_PROXY, ...ca },
      environment: { HTTPS_PROXY: "127.0.0.1:{httpProxy}" },
      seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
    },
    "https_proxy, with NO_PROXY for others": {
      cluster: { server: BEHIND_PROXY, ...ca },
      environment: { https_proxy: "http://127.0.0.1:{httpProxy}", NO_PROXY: "example.com,10.0.0.0/8" },
      seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
    },
    "HTTPS_PROXY, which does not apply to this machine": {
      environment: { HTTPS_PROXY: "http://127.0.0.1:1" },
      seen: { authorization: "Bearer abc" },
    },
    NO_PROXY: {
      cluster: { server: BEHIND_PROXY, ...ca },
      environment: { HTTPS_PROXY: "http://127.0.0.1:{httpProxy}", NO_PROXY: "example.com, kubernetes" },
      seen: undefined,
    },
    "proxy-url, which NO_PROXY does not concern": {
      cluster: { server: BEHIND_PROXY, ...ca, "proxy-url": "http://127.0.0.1:{httpProxy}" },
      environment: { NO_PROXY: "*" },
      seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
    },
    "the first of several kubeconfigs": {
      user: { token: "first" },
      files: ["edge", "stranger"],
      seen: { authorization: "Bearer first" },
    },
    "a kubeconfig after one that does not exist": {
      files: ["gone", "edge"],
      seen: { authorization: "Bearer abc" },
    },
    "a user in the first file and the context in the second": {
      user: { token: "shadowed" },
      files: ["user", "edge"],
      seen: { authorization: "Bearer merged" },
    },
    "a cluster in another folder": {
      cluster: { server: "https://127.0.0.1:1" },
      files: ["sub/cluster", "edge"],
      seen: { authorization: "Bearer abc" },
    },
    "a context of a cluster in another file": { files: ["stranger", "edge"], seen: undefined },
  };

  /** What the server saw, without undefined fields. */
  const taken = (): Caller | undefined => {
    const caller = servers.take();
    return caller && (JSON.parse(JSON.stringify(caller)) as Caller);
  };

  for (const [what, way] of Object.entries(WAYS)) {
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
        await promisify(execFile)(KUBECTL, arguments_, limit).catch((error: unknown) => {
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
