import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import type { Verification } from "../../staging/evidence.ts";
import { checkGate, type GateArgs, type GateResult } from "../../staging/gate.ts";
import { whyAllowed } from "../../staging/moves.ts";
import type { OutputsReading } from "../../staging/stack-outputs.ts";
import { revocation, verification } from "../support/evidence.ts";
import { gateOfMain, reading } from "../support/gate.ts";
import { FakeClock, ready, scriptedCluster, unreachable } from "../support/scripted-cluster.ts";

const HOUR = 3_600_000;
const ABSENT: OutputsReading = { state: "unknown", message: "The backend has no such stack" };
const APP: KubeObject = {
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "app", namespace: "flux-system" },
  status: ready("False", "boom"),
};

/** Every test runs with the stacks in both orders: what one of them has proven must never count for the other, whichever is read first. */
for (const [proven, other] of [
  ["edge", "lab"],
  ["lab", "edge"],
] as const)
  describe(`gate of main after edge and lab, where only ${proven} has proven the release`, () => {
    let clock: FakeClock;
    beforeEach(() => {
      clock = new FakeClock();
    });

    const proof = (hours: number, release = "r2", fields: Partial<Verification> = {}): Verification =>
      verification(release, { time: new Date(clock.now() - hours * HOUR).toISOString(), ...fields });

    function gate(outputs: OutputsReading, more: Partial<GateArgs> = {}): Promise<GateResult> {
      const all = { [proven]: reading([proof(1)]), [other]: outputs };
      const readOutputs = (stack: string): Promise<OutputsReading> => Promise.resolve(all[stack] ?? ABSENT);
      return checkGate(gateOfMain(clock, readOutputs, { after: ["edge", "lab"], ...more }));
    }

    /** Expects one refusal, which names the other stack and not the one that has proven the release. */
    async function refuses(
      outputs: OutputsReading,
      expected: RegExp,
      more: Partial<GateArgs> = {},
    ): Promise<void> {
      const { findings } = await gate(outputs, more);
      const refusals = findings.filter(({ severity }) => severity === "error");
      assert.equal(refusals.length, 1, JSON.stringify(findings, undefined, 1));
      assert.match(refusals[0]!.message, expected);
      assert.doesNotMatch(refusals[0]!.message, new RegExp(`stack ${proven}\\b`, "i"));
    }

    it("passes once both have, and records both as the reason", async () => {
      const result = await gate(reading([proof(2)]));
      assert.deepEqual(
        result.findings.filter(({ severity }) => severity === "error"),
        [],
      );
      const reasons = whyAllowed({ own: undefined, current: "r1", release: "r2", manifests: {} }, result);
      assert.deepEqual(
        reasons.map((line) => line.split(" verified it at ")[0]),
        ["edge", "lab"],
      );
    });

    it("refuses if the other does not exist", () => refuses(ABSENT, /has no such stack/));

    it("refuses if the other has not verified it", () =>
      refuses(reading([proof(1, "r1")]), new RegExp(`Stack ${other} has not verified release r2`)));

    it("refuses if the other failed to verify it", () =>
      refuses(
        reading([proof(1, "r1")], [revocation("r2")]),
        new RegExp(`Stack ${other} failed to verify release r2`),
      ));

    it("refuses if the other has left it", () =>
      refuses(
        reading([proof(1, "r1"), proof(2)]),
        new RegExp(`Stack ${other} verified release r2 .*, but now runs r1`),
      ));

    it("refuses if the other's proof is too old", () =>
      refuses(reading([proof(25)]), new RegExp(`Stack ${other} .*r2`)));

    it("refuses if the other's proof does not meet the demands", () =>
      refuses(
        reading([proof(1, "r2", { soak: 10 })]),
        new RegExp(`Stack ${other} .*soak was only 10 s`, "s"),
        {
          minSoakMs: 60_000,
        },
      ));

    it("refuses if the other's cluster is unhealthy or unreachable", async () => {
      const connect = (stack: string) => scriptedCluster(() => (stack === other ? [APP] : []));
      await refuses(reading([proof(1)]), new RegExp(`Stack ${other} .*not healthy now.*boom`, "s"), {
        connect,
      });
      const away = (stack: string) =>
        stack === other ? scriptedCluster(unreachable) : scriptedCluster(() => []);
      await refuses(reading([proof(1)]), new RegExp(`stack ${other}`), { connect: away });
    });

    it("names each stack if neither has proven it", async () => {
      const { findings } = await gate(reading([proof(1, "r1")]), { release: "r3" });
      const refusals = findings.map(({ message }) => message).sort();
      assert.deepEqual(
        refusals.map((line) => line.split(";")[0]),
        ["edge", "lab"].map((stack) => `Stack ${stack} has not verified release r3`),
      );
    });
  });
