import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { isJson } from "../../tools/rollout/file-backend.ts";
import { clusterDir } from "../../tools/sandbox/cluster-state.ts";
import { PROJECT, expectFailure, expectSuccess } from "../support/engine.ts";
import { useFaultyPlatform } from "../support/platform-under-fault.ts";
import { evidenceIn } from "../support/evidence.ts";
import { skip } from "../support/skip.ts";

const PRIVATE_MOUNTS = ["--user", "--map-root-user", "--mount", "--propagation", "private"];

/** Runs a script that may mount a file system on a folder. */
function withPrivateMounts(script: string): readonly string[] {
  return ["unshare", ...PRIVATE_MOUNTS, "sh", "-euc", script, "sh"];
}

describe("engine: broken state, disks, credentials and clocks", function () {
  this.timeout(60_000);
  const platform = useFaultyPlatform();
  const { change, reachesZeroDiff } = platform;
  let state: string;
  let folder: string;

  before(async function () {
    this.timeout(60_000);
    folder = platform.engine.dir;
    state = join(folder, "state/.pulumi/stacks/edgefirst/edge.json");
    await expectSuccess(platform.stack.up());
  });

  /** Previews with a copy of the kubeconfig. */
  async function previewWith(text: string): Promise<Awaited<ReturnType<typeof platform.stack.previewText>>> {
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, text);
    change({ cluster: { context: "edge", kubeconfig } });
    const before = readFileSync(state, "utf8");
    const run = await platform.stack.previewText();
    assert.equal(readFileSync(state, "utf8"), before);
    return run;
  }

  it("a damaged state file: refused; its backup restores the stack without a diff", async () => {
    truncateSync(state, 2_000);
    await expectFailure(platform.stack.up(), /failed to load checkpoint/);
    copyFileSync(`${state}.bak`, state);
    await reachesZeroDiff();
  });

  it("a half-written kubeconfig, cut off in its YAML or in a key", async () => {
    const whole = readFileSync(platform.sandbox.sandbox.kubeconfig, "utf8");
    await expectFailure(previewWith(whole.slice(0, 40)), /kubeconfig .* cannot be read/);
    const cut = await previewWith(whole.slice(0, whole.length - 200));
    await expectFailure(
      cut,
      /certificate or key for the context edge .* cannot be read/,
      /Download it again/,
    );
    assert.doesNotMatch(cut.output, /LS0tLS/, "no key is quoted");
  });

  it("an expired token: explains how to renew it", async () => {
    const key = join(clusterDir(platform.sandbox.sandbox.dir, "edge"), "pki/service-account.key");
    const document = parseDocument(readFileSync(platform.sandbox.sandbox.kubeconfig, "utf8"));
    document.setIn(["users", 0, "user"], { token: expiredToken(readFileSync(key, "utf8")) });
    await expectFailure(
      previewWith(document.toString()),
      /Unauthorized \(401\)/,
      /Log in again, or renew the credentials/,
    );
  });

  it("a clock that is two hours ahead: reported, and the evidence contains the cluster's time", async () => {
    const shift = join(folder, "two-hours-ahead.mjs");
    writeFileSync(shift, "const now = Date.now; Date.now = () => now() + 7_200_000;");
    platform.stack.configure(platform.config);
    const run = await platform.stack.startUp({ NODE_OPTIONS: `--import=${shift}` }).ended;
    await expectSuccess(run);
    assert.match(run.output, /This machine's clock is (7199|720[01]) s ahead of the cluster's/);
    const evidence = evidenceIn(await platform.stack.outputs());
    const age = Date.now() - Date.parse(evidence.verified[0]!.time);
    assert.ok(Math.abs(age) < 60_000, `verified ${age} ms ago`);
  });

  describe("full disks", function () {
    before(function () {
      if (spawnSync("unshare", [...PRIVATE_MOUNTS, "true"]).status === 0) return;
      skip(this, "only root may mount file systems on this machine");
    });

    it("of the state backend during an update: reported; with the last intact state, the next update adopts what is on the cluster, without a diff", async () => {
      const [small, after] = [join(folder, "small"), join(folder, "after")];
      mkdirSync(small);
      change();
      const blocks = Number(
        execFileSync("du", ["-sk", join(folder, "state")], { encoding: "utf8" }).split("\t")[0],
      );
      // The lock and the first snapshots fit; the backup, or a later snapshot, does not.
      const script = `mount -t tmpfs -o size=${blocks + 40}k tmpfs ${small}; cp -a ${folder}/state/. ${small}; set +e; "$@"; code=$?; cp -a ${small}/. ${after}; exit $code`;
      const backend = { PULUMI_BACKEND_URL: `file://${small}` };
      await expectFailure(
        platform.stack.startUp(backend, withPrivateMounts(script)).ended,
        /no space left on device/,
      );
      rmSync(join(folder, "state"), { recursive: true });
      cpSync(after, join(folder, "state"), { recursive: true });
      if (!isJson(readFileSync(state, "utf8"))) copyFileSync(`${state}.bak`, state);
      await platform.stack.cancel();
      await reachesZeroDiff();
    });

    it("of the state backend before a rollout: refused while an update could fill it", () => {
      const small = join(folder, "small");
      mkdirSync(small, { recursive: true });
      const script = `mount -t tmpfs -o size=3m tmpfs ${small}; mkdir -p ${small}/.pulumi/stacks; truncate -s "$1" ${small}/.pulumi/stacks/edge.json; shift; "$@"`;
      const module = join(PROJECT, "tools/rollout/file-backend.ts");
      const program = `import { requireSpace } from ${JSON.stringify(module)};
        try { requireSpace(${JSON.stringify(small)}); console.log("enough"); } catch ({ message }) { console.log(message); }`;
      const [command, ...args] = withPrivateMounts(script);
      const withState = (bytes: number): string =>
        execFileSync(
          command!,
          [...args, String(bytes), process.execPath, "--input-type=module", "-e", program],
          { encoding: "utf8" },
        );
      assert.equal(withState(400_000), "enough\n");
      assert.match(
        withState(700_000),
        /^The disk of the state backend .*\/small has 3\.\d MB free; updates may need 3\.8 MB\. Nothing was changed\./,
      );
    });

    it("of the cache during a download: names the folder, and keeps no partial file", () => {
      const cache = join(folder, "cache");
      mkdirSync(cache);
      const module = join(PROJECT, "kube/manifest-source.ts");
      const program = `import { loadVerified, checksum } from ${JSON.stringify(module)};
        const body = "x".repeat(100_000);
        const manifest = { source: "https://example.com/a.yaml", sha256: checksum(body) };
        await loadVerified(manifest, { cacheDirectory: ${JSON.stringify(cache)}, fetch: async () => new Response(body) })
          .catch((error) => console.log(error.message));`;
      const script = `mount -t tmpfs -o size=16k tmpfs ${cache}; "$@"; ls -A ${cache}`;
      const [command, ...args] = withPrivateMounts(script);
      const said = execFileSync(command!, [...args, process.execPath, "--input-type=module", "-e", program], {
        encoding: "utf8",
      });
      assert.match(said, /The manifest cache .*\/cache cannot be used: ENOSPC.*\n.*free some space/);
      assert.equal(said.trimEnd().split("\n").length, 2, "no file is left");
    });
  });
});

/** An expired token of a ServiceAccount, signed by the cluster's own key. */
function expiredToken(key: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const issuer = "https://kubernetes.default.svc.cluster.local";
  const claims = {
    iss: issuer,
    aud: [issuer],
    sub: "system:serviceaccount:default:default",
    iat: now - 7_200,
    nbf: now - 7_200,
    exp: now - 3_600,
    "kubernetes.io": { namespace: "default", serviceaccount: { name: "default", uid: "0" } },
  };
  const encoded = [{ alg: "ES256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(encoded), {
    key: createPrivateKey(key),
    dsaEncoding: "ieee-p1363",
  });
  return `${encoded}.${signature.toString("base64url")}`;
}
