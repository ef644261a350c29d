import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { plainAccess } from "../../kube/plain-kubeconfig.ts";

const SERVER = "https://192.0.2.1:6443";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("a kubeconfig with inline or file credentials", () => {
  let dir: string;
  let file: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "edgefirst-kubeconfig-"));
    file = join(dir, "config");
    for (const name of ["ca", "cert", "key"]) writeFileSync(join(dir, name), `${name} of a file`);
  });
  after(() => {
    rmSync(dir, { recursive: true });
  });

  function write(cluster: object, user: object, more: object = {}): void {
    const content = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "other",
      clusters: [
        { name: "other", cluster: { server: "https://192.0.2.9" } },
        { name: "c", cluster: { server: SERVER, ...cluster } },
      ],
      users: [
        { name: "other", user: { token: "other" } },
        { name: "u", user },
      ],
      contexts: [
        { name: "other", context: { cluster: "other", user: "other" } },
        { name: "test", context: { cluster: "c", user: "u", namespace: "default" } },
      ],
      ...more,
    };
    writeFileSync(file, stringify(content));
  }

  /** The client library's result for the same file, without the agent, which the client replaces. */
  async function byLibrary(): Promise<RequestOptions> {
    const config = new KubeConfig();
    config.loadFromFile(file);
    config.setCurrentContext("test");
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return Object.fromEntries(Object.entries(options).filter(([name]) => name !== "agent"));
  }

  const data = { "client-certificate-data": base64("cert"), "client-key-data": base64("key") };
  for (const [what, cluster, user] of [
    ["inline certificates", { "certificate-authority-data": base64("ca") }, data],
    [
      "certificates in files next to it",
      { "certificate-authority": "ca" },
      { "client-certificate": "cert", "client-key": "./key" },
    ],
    [
      "both a file and inline data for the same field",
      { "certificate-authority": "ca", "certificate-authority-data": base64("x") },
      data,
    ],
    ["a token", { "certificate-authority-data": base64("ca") }, { token: "secret" }],
    ["a token and certificates, without an authority", {}, { token: "secret", ...data }],
    ["no credentials", {}, {}],
  ] as const)
    it(`is read like the client library reads it: ${what}`, async () => {
      write(cluster, user);
      const access = plainAccess(file, "test");
      assert.equal(access?.server, SERVER);
      const options: RequestOptions = {};
      await access.authenticate(options);
      assert.deepEqual(options, await byLibrary());
    });

  it("keeps the headers of a request", async () => {
    write({}, { token: "secret" });
    const options: RequestOptions = { headers: { accept: "x" } };
    await plainAccess(file, "test")?.authenticate(options);
    assert.deepEqual(options.headers, { accept: "x", Authorization: "Bearer secret" });
  });

  it("gives no access if a certificate file is missing", async () => {
    write({}, { "client-certificate": "gone", "client-key": "key" });
    await assert.rejects(plainAccess(file, "test")!.authenticate({}), /ENOENT/);
  });

  for (const [what, cluster, user, more] of [
    ["an exec plugin", {}, { exec: { command: "login" } }],
    ["a password", {}, { username: "a", password: "b" }],
    ["a token in a file", {}, { tokenFile: "token" }],
    ["an impersonation", {}, { token: "secret", as: "admin" }],
    ["a proxy", { "proxy-url": "http://192.0.2.2" }, data],
    ["a server whose certificate is not verified", { "insecure-skip-tls-verify": true }, data],
    ["another server name", { "tls-server-name": "kubernetes" }, data],
    ["plain HTTP", { server: "http://192.0.2.1" }, data],
    ["a token that is not a string", {}, { token: 1234 }],
    ["an empty token", {}, { token: "" }],
    ["no user", {}, {}, { users: [] }],
    ["no clusters", {}, {}, { clusters: null }],
    ["no context", {}, {}, { contexts: [null] }],
  ] as const)
    it(`is left to the client library with ${what}`, () => {
      write(cluster, user, more);
      assert.equal(plainAccess(file, "test"), undefined);
    });

  it("is left to the client library if it is not valid YAML", () => {
    writeFileSync(file, "contexts: [");
    assert.equal(plainAccess(file, "test"), undefined);
    writeFileSync(file, "3");
    assert.equal(plainAccess(file, "test"), undefined);
    assert.equal(plainAccess(join(dir, "nowhere"), "test"), undefined);
  });
});
