import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { ApiError } from "../../kube/api-error.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { temporaryDirectory } from "../support/temporary.ts";

describe("a client of a cluster", () => {
  const dir = temporaryDirectory("edgefirst-kubeconfig-");

  /** A kubeconfig whose context `test` has this user and this server. */
  function kubeconfig(user: object, server = "https://127.0.0.1:1"): string {
    const file = join(dir, "kubeconfig");
    const content = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server } }],
      users: [{ name: "u", user }],
      contexts: [
        { name: "test", context: { cluster: "c", user: "u" } },
        { name: "astray", context: { cluster: "nowhere", user: "u" } },
        { name: "alone", context: { cluster: "c", user: "unknown" } },
      ],
    };
    writeFileSync(file, stringify(content));
    return file;
  }

  async function failure(file: string, context = "test"): Promise<string> {
    try {
      await new KubeClient({ kubeconfig: file, context }).version();
    } catch (error) {
      assert(error instanceof EdgefirstError, String(error));
      return error.message;
    }
    return "";
  }

  it("names a missing login program", async () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "no-such-helper" };
    assert.match(
      await failure(kubeconfig({ exec: { ...exec, interactiveMode: "Never" } })),
      /context test .* no way to connect: spawn no-such-helper ENOENT\n.*Log in again, install the exec plugin/,
    );
    const installHint = "Get it from\nexample.com.";
    assert.match(
      await failure(kubeconfig({ exec: { ...exec, interactiveMode: "Never", installHint } })),
      /spawn no-such-helper ENOENT\. The kubeconfig says: Get it from example\.com\./,
    );
  });

  it("names a context whose cluster is missing", async () => {
    assert.match(
      await failure(kubeconfig({}), "astray"),
      /astray .* names a cluster that the kubeconfig does not contain/,
    );
  });

  it("names a missing user", async () => {
    assert.match(
      await failure(kubeconfig({}), "alone"),
      /alone .* names a user that the kubeconfig does not contain/,
    );
  });

  it("reports a truncated key as a damaged kubeconfig", async () => {
    const pem = Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB").toString("base64");
    const message = await failure(
      kubeconfig({ "client-certificate-data": pem, "client-key-data": pem }, "https://127.0.0.1:1"),
    );
    assert.match(
      message,
      /certificate or key for the context test .* cannot be read: .*PEM.*\n.*Download it again/,
    );
  });

  it("does not quote lines of an unreadable kubeconfig", async () => {
    const file = join(dir, "broken");
    writeFileSync(file, "users:\n- user:\n    token: CANARY\n  name: [u\n");
    const message = await failure(file);
    assert.match(message, /cannot be read/);
    assert.doesNotMatch(message, /CANARY/);
  });

  it("reports what to do for each kind of rejection", () => {
    const refusal = (status: number, body: unknown) =>
      new ApiError({ request: "GET /version", context: "test", status, body }).message;
    assert.match(refusal(401, { message: "Unauthorized" }), /Unauthorized \(401\)\n.*renew the credentials/);
    assert.match(refusal(403, { message: "forbidden" }), /lacks a permission/);
    assert.match(refusal(302, ""), /login page/);
    assert.match(refusal(500, { message: "etcdserver: request timed out" }), /timed out \(500\)\n.*readyz/);
    assert.equal(new ApiError({ request: "", context: "", status: 409, body: "" }).hint, undefined);
    assert.ok(refusal(503, "<html>".repeat(1000)).length < 600);
  });
});
