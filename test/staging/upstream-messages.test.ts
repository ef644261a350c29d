import assert from "node:assert/strict";
import type { Finding } from "../../kube/client.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { judgeUpstream, type UpstreamArgs, type UpstreamStack } from "../../staging/upstream.ts";
import { writeMark } from "../../staging/update-mark.ts";
import { NO_BASELINE } from "../../staging/baseline.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { gateOfMain } from "../support/gate.ts";
import { CLUSTER_UID, FakeClock, ready, scriptedCluster, unreachable } from "../support/scripted-cluster.ts";

const HOUR = 3_600_000;

describe("judging an upstream stack", () => {
  let clock: FakeClock;
  let progress: string[];
  beforeEach(() => {
    clock = new FakeClock();
    progress = [];
  });
  const ago = (ms: number) => ({ time: new Date(clock.now() - ms).toISOString() });

  function judge(
    upstream: Partial<UpstreamStack> = {},
    more: Partial<UpstreamArgs> = {},
  ): Promise<Finding[]> {
    const record = upstream.record ?? verification("r2", ago(HOUR));
    const { evidence } = outputsOf("r2", [record]) as { evidence: Evidence };
    return judgeUpstream(
      {
        stack: "edge",
        evidence: { ...evidence, cluster: { context: "edge", uid: CLUSTER_UID } },
        record,
        running: "r2",
        movement: "forward",
        ...upstream,
      },
      gateOfMain(clock, () => assert.fail("the outputs are given"), {
        maxAgeMs: HOUR,
        progress: (line) => progress.push(line),
        ...more,
      }),
    );
  }

  it("is fine with a verification that is exactly as old as allowed, and refuses an older one with what to do", async () => {
    assert.deepEqual(
      (await judge()).map(({ severity }) => severity),
      ["info"],
    );
    const [, old] = await judge({ record: verification("r2", ago(HOUR + 1)) });
    assert.equal(old?.severity, "error");
    assert.equal(old.hint, "Verify it again: pulumi up --stack edge");
  });

  it("names the commit by its first twelve characters, and no commit where there is none", async () => {
    const long = verification("r2", { ...ago(0), commit: "0123456789abcdef" });
    assert.match((await judge({ record: long }))[0]!.message, / \(300 s of soak, commit 0123456789ab\)\.$/);
    const none = (await judge({ record: verification("r2", { ...ago(0), commit: null }) }))[0]!;
    assert.match(none.message, / \(300 s of soak\)\. It did not prove:\n {2}- the checkout/);
    assert.deepEqual([none.severity, none.hint], ["warning", undefined]);
  });

  it("warns of differing settings, each named, with what to do if they are intended", async () => {
    const record = verification("r2", {
      ...ago(0),
      settings: { "traefik.install": "false", "flux.install": "a", "gatus.install": "b" },
    });
    const settings = { "traefik.install": "true", "flux.install": "x", "gatus.install": "b" };
    const [found, ...others] = await judge({ record }, { settings });
    assert.match(found!.message, /in traefik\.install, flux\.install\.$/);
    assert.match(found!.hint ?? "", /gate\.accept/);
    assert.equal(found!.severity, "warning");
    assert.deepEqual(others, []);
    const dirty = { ...record, dirty: true, settings: { "flux.install": "a" } };
    assert.equal((await judge({ record: dirty }, { settings }))[0]!.severity, "warning", "one of each");
    const accepted = { "traefik.install": "Helm installs it there", "flux.install": "bootstrap" };
    const [quiet] = await judge({ record }, { settings, accept: accepted });
    assert.deepEqual([quiet!.severity, quiet!.hint], ["info", undefined]);
  });

  it("warns of a manifest that the upstream stack does not install, and refuses another one with what to do", async () => {
    const manifests = { flux: "0123456789abcdef" };
    assert.equal((await judge({}, { manifests }))[1]!.severity, "warning");
    const record = verification("r2", { ...ago(0), manifests: { flux: "fedcba9876543210" } });
    const other = (await judge({ record }, { manifests }))[1]!;
    assert.equal(other.severity, "error");
    assert.match(other.hint ?? "", /^Set the same edgefirst:flux\.install for edge and bring it up first/);
  });

  it("names the release that the upstream stack runs now, or none", async () => {
    const running = async (release: string | undefined) => (await judge({ running: release }))[1]!.message;
    assert.match(await running("r3"), /now runs r3\.$/);
    assert.match(await running(undefined), /now runs no release\.$/);
  });

  it("says what to do about each requirement that is not met", async () => {
    const [, found] = await judge({}, { minSoakMs: 301_000 });
    assert.match(found?.hint ?? "", /edgefirst:gate\. To verify again: pulumi up --stack edge$/);
  });

  it("reports progress with the name of the stack, closes the connection, and lists what fails line by line", async () => {
    let closed = 0;
    const app = (name: string) => ({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name, namespace: "flux-system" },
      status: ready("False", "broken"),
    });
    const connect = () => ({
      ...scriptedCluster(() => [app("a"), app("b")]),
      close: () => {
        closed++;
      },
    });
    const [, failing] = await judge({}, { connect });
    assert.match(progress[0] ?? "", /^edge: 4 of 5 checks hold/);
    assert.match(
      failing?.message ?? "",
      /\n {2}- Kustomization flux-system\/a: Ready: broken\n {2}- Kustomization flux-system\/b: Ready: broken$/,
    );
    assert.equal(failing?.hint, "Fix it, then run: pulumi up --stack edge");
    assert.equal(closed, 1);
  });

  it("reports an update that has not been verified, and what to do about it", async () => {
    const cluster = scriptedCluster(() => []);
    const began = ago(60_000).time;
    await writeMark(
      cluster,
      { project: "edgefirst", stack: "edge" },
      { release: "r3", began, follows: ago(HOUR).time, baseline: NO_BASELINE },
    );
    const [, updating] = await judge({}, { connect: () => cluster });
    assert.match(updating?.message ?? "", new RegExp(`update to release r3 began at ${began}`));
    assert.match(updating?.hint ?? "", /^Wait until that update finishes\..* run: pulumi up --stack edge$/);
  });

  it("without a context warns, or refuses where a live look is required, and names the setting", async () => {
    const connect = () => undefined;
    const hint = "Set edgefirst:gate.clusters.edge to { context, kubeconfig? } on this machine.";
    const [, warned] = await judge({}, { connect });
    assert.deepEqual([warned?.severity, warned?.hint], ["warning", hint]);
    const [, refused] = await judge({}, { connect, live: "required" });
    assert.deepEqual([refused?.severity, refused?.hint], ["error", hint]);
  });

  it("says once that the result is unknown if the cluster cannot be reached, and why it goes on all the same", async () => {
    const connect = () => scriptedCluster(unreachable);
    const [, refused] = await judge({}, { connect });
    assert.equal(refused?.severity, "error");
    assert.match(
      refused.message,
      /^Inconclusive: cannot check from here whether stack edge is healthy now: \S/,
    );
    assert.equal(refused.message.split("Inconclusive").length, 2);
    assert.match(refused.hint ?? "", /^Try again once the cluster can be reached/);
    const [, warned] = await judge({}, { connect, unreachable: "warn" });
    assert.equal(warned?.severity, "warning");
    assert.match(warned.hint ?? "", /edgefirst:gate\.unreachable is warn/);
    const [, required] = await judge({}, { connect, unreachable: "warn", live: "required" });
    assert.equal(required?.severity, "error");
  });

  it("does not hide an error that is a bug", async () => {
    const connect = (): never => {
      throw new TypeError("a bug");
    };
    await assert.rejects(judge({}, { connect }), /a bug/);
    const unusable = (): never => {
      throw new EdgefirstError("no such context");
    };
    assert.match((await judge({}, { connect: unusable }))[1]!.message, /no such context/);
  });
});
