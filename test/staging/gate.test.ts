import assert from "node:assert/strict";
import type { Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { CheckRecord, Evidence, Verification } from "../../staging/evidence.ts";
import { holdGate, type GateArgs, type GateResult } from "../../staging/gate.ts";
import { currentRelease } from "../../staging/own-stack.ts";
import type { OutputsReading } from "../../staging/stack-outputs.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { outputsOf, revocation, verification } from "../support/evidence.ts";
import { CLUSTER_UID, FakeClock, ready, scriptedCluster, unreachable } from "../support/scripted-cluster.ts";

const HOUR = 3_600_000;

function kustomization(status: object): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "app", namespace: "flux-system" },
    status,
  };
}

function reading(verified: Verification[], ...rest: Parameters<typeof outputsOf>[2][]): OutputsReading {
  const outputs = outputsOf(verified[0]?.release ?? "", verified, ...rest) as { evidence: Evidence };
  return {
    state: "read",
    outputs: {
      ...outputs,
      evidence: { ...outputs.evidence, cluster: { context: "edge", uid: CLUSTER_UID } },
    },
  };
}

const check = (fields: Partial<CheckRecord>): CheckRecord => ({
  id: "flux",
  outcome: "held",
  objects: 1,
  notes: [],
  unhealthyBefore: [],
  ...fields,
});

describe("gate of main, which comes after edge", () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  /** Holds the gate for release r2, which edge verified an hour ago; main runs r1. */
  function gate(edge: OutputsReading, more: Partial<GateArgs> = {}): Promise<GateResult> {
    return holdGate({
      stack: "main",
      release: "r2",
      current: "r1",
      after: ["edge"],
      maxAgeMs: 24 * HOUR,
      unreachable: "refuse",
      patienceMs: 4_000,
      manifests: {},
      readOutputs: () => Promise.resolve(edge),
      connect: () => scriptedCluster(() => []),
      clock,
      progress: () => undefined,
      ...more,
    });
  }
  const ago = (hours: number): { time: string } => ({
    time: new Date(clock.now() - hours * HOUR).toISOString(),
  });
  const fresh = (): OutputsReading => reading([verification("r2", ago(1)), verification("r1", ago(48))]);
  const errors = ({ findings }: { findings: readonly Finding[] }): string[] =>
    findings
      .filter(({ severity }) => severity === "error")
      .map(({ message, hint }) => `${message}\n${hint ?? ""}`);

  async function refused(edge: OutputsReading, ...expected: RegExp[]): Promise<void> {
    const found = errors(await gate(edge));
    assert.equal(found.length, 1);
    for (const text of expected) assert.match(found[0]!, text);
  }

  it("lets a release pass that edge has verified, and says what that proves", async () => {
    const result = await gate(fresh());
    assert.deepEqual(errors(result), []);
    assert.match(
      result.findings[0]!.message,
      /edge verified release r2 at .* \(300 s of soak, commit r20000\)/,
    );
  });

  it("names what was not checked there, as a warning", async () => {
    const checks = [check({ id: "gateways", outcome: "notChecked", notes: ["Nobody answers."] })];
    const { findings } = await gate(reading([verification("r2", { ...ago(1), checks })]));
    assert.equal(findings[0]?.severity, "warning");
    assert.match(findings[0].message, /Not checked there:\n {2}- gateways: Nobody answers\./);
  });

  it("an unknown stack", () =>
    refused(
      { state: "unknown", message: "The backend knows no stack o/p/edge." },
      /knows no stack/,
      /edgefirst:after/,
    ));
  it("an unreachable backend", () =>
    refused({ state: "unreadable", message: "The outputs cannot be read: x" }, /cannot be read/, /backend/));
  it("a stack that never ran", () =>
    refused({ state: "read", outputs: {} }, /edge has never been brought up/, /pulumi up --stack edge/));
  it("outputs of a program that did not verify", () =>
    refused({ state: "read", outputs: { release: "r2" } }, /edge has no evidence/, /pulumi up --stack edge/));
  it("evidence of an older format", () =>
    refused(
      { state: "read", outputs: { evidence: { version: 0 } } },
      /has format 0, and this program reads format 1/,
    ));
  it("a release that it has not verified", () =>
    refused(
      reading([verification("r1")]),
      /has not verified release r2; its latest one is r1/,
      /release r2/,
    ));
  it("a release whose verification failed, with what was wrong", () =>
    refused(
      reading([verification("r1")], [revocation("r2")]),
      /failed to verify release r2/,
      /Gateway network\/external: not programmed/,
    ));
  it("a verification that is too old", () =>
    refused(reading([verification("r2", ago(25))]), /25 h ago, and edgefirst:gate\.maxAge is 24 h/));

  it("compares what only a stack's configuration has it install: refuses another manifest, and says what edge does not install", async () => {
    const manifests = { flux: "a".repeat(64) };
    const withFlux = (flux: string): OutputsReading =>
      reading([verification("r2", { ...ago(1), manifests: { flux } })]);
    assert.deepEqual(errors(await gate(withFlux("a".repeat(64)), { manifests })), []);
    assert.match(
      errors(await gate(withFlux("b".repeat(64)), { manifests }))[0]!,
      /with another manifest of flux: b{12}, and here it is a{12}/,
    );
    assert.deepEqual(errors(await gate(withFlux("b".repeat(64)))), [], "main installs none");
    const alone = await gate(fresh(), { manifests });
    assert.deepEqual(errors(alone), []);
    assert.ok(alone.findings.some(({ message }) => message.includes("edge installs no flux of its own")));
  });

  it("the same release with another manifest of its own is a move forward", () => {
    const { evidence } = outputsOf("r2", [verification("r2", { manifests: { flux: "a" } })]) as {
      evidence: Evidence;
    };
    const current = (release: string, flux: string) =>
      currentRelease({ release: "r2", evidence }, { release, manifests: { flux } });
    assert.deepEqual([current("r2", "a"), current("r2", "b"), current("r3", "b")], ["r2", undefined, "r2"]);
  });

  it("looks at the clusters before only for a move forward, and at maxAge likewise", async () => {
    const old = reading([
      verification("r3", ago(30)),
      verification("r2", ago(40)),
      verification("r1", ago(50)),
    ]);
    const connect = () => scriptedCluster(unreachable);
    assert.equal(errors(await gate(old, { connect })).length, 2, "forward, from r1 to r2");
    assert.deepEqual(errors(await gate(old, { connect, current: "r2" })), [], "the same release again");
    assert.deepEqual(errors(await gate(old, { connect, current: "r3" })), [], "a rollback");
    assert.equal(errors(await gate(old, { connect, current: undefined })).length, 2, "never ran");
  });

  describe("a live look at edge", () => {
    it("refuses while something is wrong there, by name", async () => {
      const connect = () => scriptedCluster(() => [kustomization(ready("False", "boom"))]);
      const [found = ""] = errors(await gate(fresh(), { connect }));
      assert.match(found, /is not healthy now:\n {2}- Kustomization flux-system\/app: Ready: boom/);
    });

    it("gives it some time", async () => {
      const connect = () =>
        scriptedCluster(() => [kustomization(ready(clock.seconds < 3 ? "Unknown" : "True"))]);
      assert.deepEqual(errors(await gate(fresh(), { connect })), []);
    });

    it("does not blame what was unhealthy before edge's own update, nor looks at what is not checked there", async () => {
      const connect = () => scriptedCluster(() => [kustomization(ready("False"))]);
      for (const known of [
        check({ unhealthyBefore: ["Kustomization flux-system/app"] }),
        check({ outcome: "notChecked", notes: ["no Flux"] }),
      ]) {
        const record = verification("r2", { ...ago(1), checks: [known] });
        assert.deepEqual(errors(await gate(reading([record]), { connect })), []);
      }
    });

    it("refuses where it cannot be looked at, or warns where that is configured", async () => {
      const noContext = (): never => {
        throw new EdgefirstError("The kubeconfig has no context edge.");
      };
      for (const connect of [() => scriptedCluster(unreachable), noContext]) {
        assert.match(
          errors(await gate(fresh(), { connect }))[0]!,
          /cannot be seen from here.*\n?.*edgefirst:gate/s,
        );
        const result = await gate(fresh(), { connect, unreachable: "warn" });
        assert.deepEqual(errors(result), []);
        assert.ok(result.findings.some(({ severity }) => severity === "warning"));
      }
    });

    it("refuses another cluster under the same name", async () => {
      const outputs = outputsOf("r2", [verification("r2", ago(1))]);
      assert.match(errors(await gate({ state: "read", outputs }))[0]!, /leads to another cluster/);
    });
  });

  describe("an override", () => {
    const unverified = (): OutputsReading => reading([verification("r1")]);
    const override = (hours: number) => ({ reason: "edge is being rebuilt", expires: ago(-hours).time });

    it("in force: what stood in the way is a warning, and the override is told", async () => {
      const result = await gate(unverified(), { override: override(1) });
      assert.deepEqual(errors(result), []);
      assert.match(result.findings[0]!.message, /overridden until .*: edge is being rebuilt/);
      assert.match(result.findings[1]!.message, /^Overridden: .*has not verified release r2/);
      assert.deepEqual(result.override, override(1));
    });

    it("is told where it is not needed, too", async () => {
      const { findings } = await gate(fresh(), { override: override(1) });
      assert.match(findings[0]!.message, /overridden until/);
    });

    it("expired: counts for nothing", async () => {
      const result = await gate(unverified(), { override: override(-1) });
      assert.equal(errors(result).length, 1);
      assert.match(result.findings[0]!.message, /expired at .* counts for nothing/);
      assert.equal(result.override, undefined);
    });
  });
});
