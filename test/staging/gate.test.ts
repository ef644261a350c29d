import assert from "node:assert/strict";
import type { Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { Evidence, LastPass, Verification } from "../../staging/evidence.ts";
import { checkGate, type GateArgs, type GateResult } from "../../staging/gate.ts";
import { movement } from "../../staging/movement.ts";
import { currentRelease, ownStackOf } from "../../staging/own-stack.ts";
import type { OutputsReading } from "../../staging/stack-outputs.ts";
import { writeMark } from "../../staging/update-mark.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { check, outputsOf, revocation, verification } from "../support/evidence.ts";
import { gateOfMain, reading } from "../support/gate.ts";
import { FakeClock, ready, scriptedCluster, unreachable } from "../support/scripted-cluster.ts";

const HOUR = 3_600_000;

function kustomization(status: object): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "app", namespace: "flux-system" },
    status,
  };
}

describe("gate of main, whose upstream stack is edge", () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  /** Checks the gate for release r2, which edge verified an hour ago; main runs r1. */
  function gate(edge: OutputsReading, more: Partial<GateArgs> = {}): Promise<GateResult> {
    return checkGate(gateOfMain(clock, () => Promise.resolve(edge), more));
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

  it("lets a release pass that edge has verified, and reports what that proves", async () => {
    const result = await gate(fresh());
    assert.deepEqual(errors(result), []);
    assert.match(
      result.findings[0]!.message,
      /edge verified release r2 at .* \(300 s of soak, commit r20000\)/,
    );
  });

  it("repeats every weakness of the proof as a warning", async () => {
    const checks = [check({ id: "gateways", outcome: "notChecked", notes: ["No controller answers."] })];
    const { findings } = await gate(reading([verification("r2", { ...ago(1), checks })]));
    assert.equal(findings[0]?.severity, "warning");
    assert.match(
      findings[0].message,
      /It did not prove:\n {2}- not checked: gateways: No controller answers\./,
    );
  });

  describe("compares settings that are not part of the release", () => {
    const settings = { "flux.root.mode": "manage", "gatus.install": "true", "new.setting": "x" };
    const there = { "flux.root.mode": "observe", "gatus.install": "true", "old.setting": "y" };
    const edge = (): OutputsReading => reading([verification("r2", { ...ago(1), settings: there })]);
    const difference = { stack: "edge", setting: "flux.root.mode", there: "observe", here: "manage" };

    it("and warns of those that differ in its one line", async () => {
      const { findings, differences } = await gate(edge(), { settings });
      assert.deepEqual([findings.length, findings[0]?.severity], [1, "warning"]);
      assert.match(findings[0]!.message, /\(300 s .*\)\. It differs from this stack in flux\.root\.mode\.$/);
      assert.deepEqual(differences, [difference]);
    });

    it("and is silent about those that the configuration accepts, but not about others", async () => {
      const accepted = "edge is observed only";
      const accept = { "flux.root.mode": accepted };
      const { findings, differences } = await gate(edge(), { settings, accept });
      assert.equal(findings[0]?.severity, "info");
      assert.doesNotMatch(findings[0].message, /differs/);
      assert.deepEqual(differences, [{ ...difference, accepted }]);
      const changed = { ...settings, "gatus.install": "false" };
      const next = await gate(edge(), { settings: changed, accept });
      assert.match(next.findings[0]!.message, /It differs from this stack in gatus\.install\./);
    });

    it("but not with evidence that names none", async () => {
      const { findings, differences } = await gate(fresh(), { settings });
      assert.deepEqual([findings[0]?.severity, differences], ["info", []]);
    });
  });

  it("refuses for an unknown upstream stack", () =>
    refused(
      { state: "unknown", message: "The backend has no stack o/p/edge." },
      /has no stack/,
      /edgefirst:after/,
    ));
  it("refuses if the backend is unreachable", () =>
    refused({ state: "unreadable", message: "The outputs cannot be read: x" }, /cannot be read/, /backend/));
  it("refuses if edge never ran", () =>
    refused({ state: "read", outputs: {} }, /edge has never been brought up/, /pulumi up --stack edge/));
  it("refuses outputs without evidence", () =>
    refused({ state: "read", outputs: { release: "r2" } }, /edge has no evidence/, /pulumi up --stack edge/));
  it("refuses evidence in an unknown format", () =>
    refused(
      { state: "read", outputs: { evidence: { version: 0 } } },
      /has format 0, which this program cannot read/,
    ));
  it("refuses a release that edge has not verified", () =>
    refused(
      reading([verification("r1")]),
      /has not verified release r2; its latest verified release is r1/,
      /release r2/,
    ));
  it("refuses a release whose verification failed, and lists the failures", () =>
    refused(
      reading([verification("r1")], [revocation("r2")]),
      /failed to verify release r2/,
      /Gateway network\/external: not programmed/,
    ));
  it("refuses a verification older than maxAge", () =>
    refused(reading([verification("r2", ago(25))]), /25 h ago, but edgefirst:gate\.maxAge is 24 h/));

  it("repeats a missing soak, uncommitted changes, an override, missing objects, notes and excuses", async () => {
    const record = verification("r2", {
      ...ago(1),
      soak: 0,
      dirty: true,
      override: { reason: "edge was down", expires: ago(-1).time },
      checks: [
        check({ notes: ["Kustomization a/b is suspended."], unhealthyBefore: ["Kustomization a/c"] }),
        check({ id: "gatus", outcome: "nothing", notes: ["The stack has no Gatus that discovers routes."] }),
      ],
    });
    const { findings } = await gate(reading([record]));
    assert.deepEqual(findings[0]?.message.split("\n").slice(1), [
      "  - no soak: every check held only once",
      "  - the checkout had uncommitted changes",
      `  - brought up under an override until ${ago(-1).time}: edge was down`,
      "  - flux: Kustomization a/b is suspended.",
      "  - already unhealthy before the update: Kustomization a/c",
      "  - nothing to check: gatus: The stack has no Gatus that discovers routes.",
    ]);
  });

  it("does not count the time before another release was verified or failed towards gate.minAge", async () => {
    const r2 = verification("r2", { ...ago(4), since: ago(9).time });
    const minAgeMs = HOUR;
    const running = (...proofs: Parameters<typeof reading>): OutputsReading => {
      const read = reading(...proofs);
      return read.state === "read" ? { ...read, outputs: { ...read.outputs, release: "r2" } } : read;
    };
    const other = { ...revocation("r3"), ...ago(2) };
    for (const edge of [running([verification("r1", ago(2)), r2]), running([r2], [other])])
      assert.match(errors(await gate(edge, { minAgeMs }))[0]!, /for only 0 s, but gate\.minAge is 1 h/);
    const older = { ...other, ...ago(5) };
    assert.deepEqual(
      errors(await gate(running([r2, verification("r1", ago(6))], [older]), { minAgeMs })),
      [],
    );
  });

  it("refuses a proof that does not meet the configured demands, for a move forward only", async () => {
    const record = verification("r2", {
      ...ago(1),
      since: ago(3).time,
      checks: [check({}), check({ id: "gatus", outcome: "nothing" })],
      override: { reason: "edge was down", expires: ago(-1).time },
    });
    const met = { minAgeMs: 3 * HOUR, minSoakMs: 300_000, requiredChecks: ["flux"] };
    assert.deepEqual(errors(await gate(reading([record]), met)), []);
    const unmet = {
      minAgeMs: 3 * HOUR + 1_000,
      minSoakMs: 301_000,
      requiredChecks: ["flux", "gatus", "routes"],
      overrides: "refuse",
    } as const;
    const found = errors(await gate(reading([record]), unmet));
    for (const [index, expected] of [
      /run the release for only 3 h, but gate\.minAge is 3 h 1 s/,
      /soak was only 5 min, but gate\.minSoak is 5 min 1 s/,
      /checks of gate\.requiredChecks did not hold: gatus, routes/,
      /under an override, but gate\.overrides is refuse/,
    ].entries())
      assert.match(found[index]!, expected);
    const { evidence: own } = outputsOf("r3", [verification("r2")]) as { evidence: Evidence };
    assert.deepEqual(errors(await gate(reading([record]), { ...unmet, own, current: "r3" })), []);
  });

  it("compares manifests named by configuration: refuses a different one, and warns if edge installs none", async () => {
    const manifests = { flux: "a".repeat(64) };
    const withFlux = (flux: string): OutputsReading =>
      reading([verification("r2", { ...ago(1), manifests: { flux } })]);
    assert.deepEqual(errors(await gate(withFlux("a".repeat(64)), { manifests })), []);
    assert.match(
      errors(await gate(withFlux("b".repeat(64)), { manifests }))[0]!,
      /with a different flux manifest \(b{12}, this stack has a{12}\)/,
    );
    assert.deepEqual(errors(await gate(withFlux("b".repeat(64)))), [], "main installs none");
    const alone = await gate(fresh(), { manifests });
    assert.deepEqual(errors(alone), []);
    assert.ok(alone.findings.some(({ message }) => message.includes("edge does not install flux itself")));
  });

  it("treats the same release with a different manifest as a move forward", () => {
    const { evidence } = outputsOf("r2", [verification("r2", { manifests: { flux: "a" } })]) as {
      evidence: Evidence;
    };
    const current = (release: string, flux: string) =>
      currentRelease({ release: "r2", evidence }, { release, manifests: { flux } });
    assert.deepEqual([current("r2", "a"), current("r2", "b"), current("r3", "b")], ["r2", undefined, "r2"]);
  });

  it("ignores main's own evidence if it describes another cluster: after a rebuild everything has to be proven again", () => {
    const outputs = outputsOf("r2", [verification("r2")]);
    const here = ownStackOf("main", outputs, "uid");
    assert.deepEqual([here.own.release, here.own.evidence?.verified.length], ["r2", 1]);
    const { own, warning } = ownStackOf("main", outputs, "another");
    assert.deepEqual([own.release, own.evidence, own.output], [undefined, undefined, outputs.evidence]);
    assert.match(warning ?? "", /describes another cluster .*starts from scratch/);
    assert.equal(
      movement({ own: own.evidence, current: own.release, release: "r2", manifests: {} }),
      "forward",
    );
  });

  it("requires a healthy and recently verified upstream stack only for a move forward", async () => {
    const old = reading([verification("r2", ago(40)), verification("r1", ago(50))]);
    const connect = () => scriptedCluster(unreachable);
    const { evidence: own } = outputsOf("r3", [verification("r2")]) as { evidence: Evidence };
    assert.equal(errors(await gate(old, { connect })).length, 2, "forward, from r1 to r2");
    assert.deepEqual(errors(await gate(old, { connect, current: "r2" })), [], "the same release again");
    assert.deepEqual(errors(await gate(old, { connect, current: "r3", own })), [], "a rollback");
    assert.equal(errors(await gate(old, { connect, current: undefined })).length, 2, "never ran");
  });

  it("lets main go back to a release that edge's evidence no longer holds, and warns", async () => {
    const own = (fields: Partial<Verification> = {}): Evidence =>
      (outputsOf("r3", [verification("r3"), verification("r2", fields)]) as { evidence: Evidence }).evidence;
    const back = { current: "r3", own: own() };
    const forgotten = reading([verification("r3", ago(1))]);
    const { findings, upstream } = await gate(forgotten, back);
    assert.deepEqual(upstream, []);
    assert.deepEqual(findings, [
      {
        severity: "warning",
        message: `Stack edge has not verified release r2; its latest verified release is r3 (${ago(1).time}). This move back is allowed because this stack itself verified the release at 2026-01-31T12:00:00Z.`,
      },
    ]);
    assert.deepEqual(errors(await gate({ state: "read", outputs: {} }, back)), [], "edge was destroyed");
    assert.equal(errors(await gate(reading([], [revocation("r2")]), back)).length, 1, "edge revoked it");
    assert.equal(errors(await gate(forgotten, { ...back, current: "r2" })).length, 1, "no move back");
    const override = { reason: "edge was down", expires: ago(-1).time };
    const underOverride = { current: "r3", own: own({ override }) };
    assert.equal(errors(await gate(forgotten, underOverride)).length, 1, "edge may never have verified it");
    const absent = { state: "unknown", message: "The backend has no stack o/p/edge." } as const;
    assert.equal(errors(await gate(absent, back)).length, 1, "a wrong name in edgefirst:after");
    const unreadable = { state: "read", outputs: { evidence: { version: 0 } } } as const;
    assert.equal(errors(await gate(unreadable, back)).length, 1, "the evidence may revoke it");
  });

  it("refuses a release that edge no longer runs, even if edge verified the running one again later", async () => {
    const left = reading([verification("r1", ago(1)), verification("r2", ago(2))]);
    assert.match(
      errors(await gate(left))[0]!,
      /verified release r2 at .*, but now runs r1\.\n.*pulumi up --stack edge/,
    );
    const { evidence: own } = outputsOf("r1", [verification("r1"), verification("r2")]) as {
      evidence: Evidence;
    };
    assert.deepEqual(errors(await gate(left, { own })), [], "main has verified r2 itself");
  });

  it("refuses while edge has an unverified update", async () => {
    const edge = fresh();
    const cluster = scriptedCluster(() => []);
    const baseline = { excused: new Set<string>(), expected: new Set<string>(), revision: null };
    const stack = { project: "edgefirst", stack: "edge" };
    const update = { release: "r9", began: ago(0.5).time, baseline };
    await writeMark(cluster, stack, { ...update, follows: ago(48).time });
    assert.deepEqual(errors(await gate(edge, { connect: () => cluster })), [], "an obsolete mark");
    await writeMark(cluster, stack, { ...update, follows: ago(1).time });
    assert.match(
      errors(await gate(edge, { connect: () => cluster }))[0]!,
      /an update to release r9 began at .* and has not been verified/,
    );
  });

  describe("checks edge live, and", () => {
    it("refuses while an object is failing there, and names it", async () => {
      const connect = () => scriptedCluster(() => [kustomization(ready("False", "boom"))]);
      const [found = ""] = errors(await gate(fresh(), { connect }));
      assert.match(found, /is not healthy now:\n {2}- Kustomization flux-system\/app: Ready: boom/);
    });

    it("refuses an emptied cluster: the objects that the verification found must still exist", async () => {
      const record = verification("r2", ago(1));
      const found = { held: ["Kustomization flux-system/app"], own: ["HTTPRoute apps/own"], unhealthy: [] };
      const edge = (checks: LastPass["checks"], time = record.time): OutputsReading => {
        const whole = reading([record]);
        const { evidence } = (whole as unknown as { outputs: { evidence: Evidence } }).outputs;
        const lastPass = { release: "r2", time, revision: null, checks };
        return { state: "read", outputs: { release: "r2", evidence: { ...evidence, lastPass } } };
      };
      const connect = () => scriptedCluster(() => [kustomization(ready("True"))]);
      assert.deepEqual(errors(await gate(edge({ flux: { ...found, own: [] } }), { connect })), []);
      const [refusal = ""] = errors(await gate(edge({ flux: found, routes: found }), { connect }));
      assert.match(
        refusal,
        /HTTPRoute apps\/own: was healthy when the release was verified, but is gone now/,
      );
      const emptied = errors(await gate(edge({ flux: found }), { connect: () => scriptedCluster(() => []) }));
      assert.match(emptied[0]!, /Kustomization flux-system\/app: was healthy .* but is gone now/);
      const older = edge({ flux: found }, ago(5).time);
      assert.deepEqual(errors(await gate(older, { connect: () => scriptedCluster(() => []) })), []);
    });

    it("waits for the configured patience", async () => {
      const connect = () =>
        scriptedCluster(() => [kustomization(ready(clock.seconds < 3 ? "Unknown" : "True"))]);
      assert.deepEqual(errors(await gate(fresh(), { connect })), []);
    });

    it("excuses what was unhealthy before edge's own update, and skips the checks that edge skips", async () => {
      const connect = () => scriptedCluster(() => [kustomization(ready("False"))]);
      for (const known of [
        check({ unhealthyBefore: ["Kustomization flux-system/app"] }),
        check({ outcome: "notChecked", notes: ["no Flux"] }),
      ]) {
        const record = verification("r2", { ...ago(1), checks: [known] });
        assert.deepEqual(errors(await gate(reading([record]), { connect })), []);
      }
    });

    it("refuses as inconclusive if the cluster cannot be reached, or warns if so configured", async () => {
      const lost = (): never => {
        throw new EdgefirstError("The kubeconfig cannot be read.");
      };
      for (const connect of [() => scriptedCluster(unreachable), lost]) {
        const [refusal = ""] = errors(await gate(fresh(), { connect }));
        assert.match(refusal, /^Inconclusive: cannot check .*edgefirst:gate\.clusters\.edge/s);
        const result = await gate(fresh(), { connect, unreachable: "warn" });
        assert.deepEqual(errors(result), []);
        assert.ok(result.findings.some(({ message }) => message.startsWith("Inconclusive: ")));
        const required = await gate(fresh(), { connect, unreachable: "warn", live: "required" });
        assert.equal(errors(required).length, 1);
      }
    });

    it("refuses an update that begins while it waits for edge: the health that it then sees is that of another release", async () => {
      const baseline = { excused: new Set<string>(), expected: new Set<string>(), revision: null };
      const update = { release: "r3", began: ago(0).time, follows: ago(1).time, baseline };
      const edge = scriptedCluster(() => [
        kustomization(ready(clock.seconds < 4 ? "False" : "True", "boom")),
      ]);
      const passes = await gate(fresh(), { connect: () => edge, patienceMs: 30_000 });
      assert.deepEqual(errors(passes), [], "recovered without an update");
      clock = new FakeClock();
      const beginsUpdate = async (ms: number): Promise<void> => {
        await writeMark(edge, { project: "edgefirst", stack: "edge" }, update);
        await clock.sleep(ms);
      };
      const refusals = errors(
        await gate(fresh(), {
          connect: () => edge,
          patienceMs: 30_000,
          clock: { now: () => clock.now(), sleep: beginsUpdate },
        }),
      );
      assert.equal(refusals.length, 1);
      assert.match(refusals[0]!, /an update to release r3 began at .* and has not been verified/);
    });

    it("refuses what failed before the cluster stopped responding, although an unreachable cluster would only be a warning", async () => {
      const edge = () =>
        scriptedCluster(() => (clock.seconds < 4 ? [kustomization(ready("False", "boom"))] : unreachable()));
      const more = { connect: edge, unreachable: "warn", patienceMs: 60_000 } as const;
      const { findings } = await gate(fresh(), more);
      assert.deepEqual(
        findings.map(({ severity }) => severity),
        ["info", "error", "warning"],
      );
      assert.match(
        findings[1]!.message,
        /is not healthy now:\n {2}- Kustomization flux-system\/app: Ready: boom/,
      );
      assert.match(findings[2]!.message, /^Inconclusive: /);
    });

    it("asks for edge's mark only after it has read edge's outputs, which an update may store at any time", async () => {
      const order: string[] = [];
      const edge = scriptedCluster(() => [kustomization(ready("True"))]);
      const connect = () => ({
        ...edge,
        get: (reference: Parameters<typeof edge.get>[0]) => {
          order.push(reference.kind);
          return edge.get(reference);
        },
      });
      const readOutputs = (): Promise<OutputsReading> => {
        order.push("outputs");
        return Promise.resolve(fresh());
      };
      assert.deepEqual(errors(await checkGate(gateOfMain(clock, readOutputs, { connect }))), []);
      assert.deepEqual([order[0], order.at(-1)], ["outputs", "ConfigMap"]);
    });

    it("refuses an unfinished update even if the cluster then stops responding and that would only be a warning", async () => {
      const marked = scriptedCluster(() => [kustomization(ready("True"))]);
      const baseline = { excused: new Set<string>(), expected: new Set<string>(), revision: null };
      await writeMark(
        marked,
        { project: "edgefirst", stack: "edge" },
        { release: "r3", began: ago(0).time, follows: ago(1).time, baseline },
      );
      const connect = () => ({ ...marked, list: () => Promise.reject(new EdgefirstError("no response")) });
      const result = errors(await gate(fresh(), { connect, unreachable: "warn" }));
      assert.equal(result.length, 1);
      assert.match(result[0]!, /an update to release r3 began at /);
    });

    it("accepts recent evidence with a warning if this machine has no context, or refuses if so configured", async () => {
      const connect = () => undefined;
      const result = await gate(fresh(), { connect });
      assert.deepEqual(errors(result), []);
      assert.ok(result.findings.some(({ message }) => message.includes("was not checked")));
      assert.match(
        errors(await gate(fresh(), { connect, live: "required" }))[0]!,
        /was not checked: .* edgefirst:gate\.live is required/,
      );
      const old = reading([verification("r2", ago(25))]);
      assert.match(errors(await gate(old, { connect }))[0]!, /25 h ago/);
    });

    it("refuses another cluster under the same name, which is not an unreachable one", async () => {
      const outputs = outputsOf("r2", [verification("r2", ago(1))]);
      for (const unreachable of ["refuse", "warn"] as const)
        assert.match(
          errors(await gate({ state: "read", outputs }, { unreachable }))[0]!,
          /does not point to the cluster on which stack edge was verified\.\nSet edgefirst:gate\.clusters\.edge/,
        );
    });
  });

  describe("an override", () => {
    const unverified = (): OutputsReading => reading([verification("r1")]);
    const override = (hours: number) => ({ reason: "edge is being rebuilt", expires: ago(-hours).time });

    it("in force turns errors into warnings, and is reported", async () => {
      const result = await gate(unverified(), { override: override(1) });
      assert.deepEqual(errors(result), []);
      assert.match(result.findings[0]!.message, /overridden until .*: edge is being rebuilt/);
      assert.match(result.findings[1]!.message, /^Overridden: .*has not verified release r2/);
      assert.deepEqual(result.override, override(1));
    });

    it("in force passes holds and windows as well", async () => {
      const held: OutputsReading = {
        state: "read",
        outputs: {
          directives: {
            version: 1,
            entries: [
              { kind: "hold", time: ago(1).time, by: "alice", reason: "holidays", until: ago(-1).time },
            ],
          },
        },
      };
      const refusing: Partial<GateArgs> = {
        readDirectives: (stack) =>
          Promise.resolve(stack === "edge" ? held : { state: "unknown", message: "none" }),
        windows: [{ days: ["mon"], from: "09:00", to: "17:00", zone: "UTC" }],
      };
      assert.deepEqual(
        errors(await gate(fresh(), refusing)).map((line) => line.split(/ (until|in the windows) /)[0]),
        ["Stack edge is on hold", "Stack main may move forward only"],
      );
      const result = await gate(fresh(), { ...refusing, override: override(1) });
      assert.deepEqual(errors(result), []);
      assert.equal(result.findings.filter(({ message }) => message.startsWith("Overridden: ")).length, 2);
    });

    it("is reported even if it is not needed", async () => {
      const { findings } = await gate(fresh(), { override: override(1) });
      assert.match(findings[0]!.message, /overridden until/);
    });

    it("is refused if it expires more than 30 days from now", async () => {
      const result = await gate(fresh(), { override: override(31 * 24) });
      assert.match(errors(result).join(), /expires at .*, more than 30 days from now/);
      assert.equal(result.override, undefined);
      assert.deepEqual(errors(await gate(fresh(), { override: override(29 * 24) })), []);
    });

    it("has no effect once expired", async () => {
      const result = await gate(unverified(), { override: override(-1) });
      assert.equal(errors(result).length, 1);
      assert.match(result.findings[0]!.message, /expired at .* has no effect/);
      assert.equal(result.override, undefined);
    });
  });
});
