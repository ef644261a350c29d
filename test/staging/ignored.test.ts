import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import type { Evidence, Verification } from "../../staging/evidence.ts";
import {
  expiredIgnores,
  ignoredOn,
  ignoring,
  removalReasons,
  reportUnknown,
  type IgnoreSettings,
} from "../../staging/ignored.ts";
import type { Check, Verdict } from "../../staging/checks/check.ts";
import { checkLive } from "../../staging/live-check.ts";
import { beginUpdate, verify, type VerificationArgs } from "../../staging/verify.ts";
import { weaknessesOf } from "../../staging/weaknesses.ts";
import { CLUSTER_UID, FakeClock, ready, scriptedCluster } from "../support/scripted-cluster.ts";

const APP = "Kustomization flux-system/app";
/** The clock starts on 31 January 2026. */
const ENTRY = { reason: "waits for a new disk", owner: "alice", until: "2026-01-31" };
const DAY_MS = 24 * 3_600_000;

function app(status: "True" | "False"): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "app", namespace: "flux-system" },
    status: ready(status, "boom"),
  };
}

describe("an ignored object", () => {
  let clock: FakeClock;
  let objects: KubeObject[];
  let earlier: Evidence | undefined;
  let lines: string[];
  const cluster = scriptedCluster(() => objects);
  beforeEach(() => {
    clock = new FakeClock();
    objects = [];
    earlier = undefined;
    lines = [];
  });

  /** One update, without a soak. @returns the failures */
  async function up(settings: IgnoreSettings, brokenBy: KubeObject[] = objects): Promise<string[]> {
    const args: VerificationArgs = {
      project: "edgefirst",
      stack: "edge",
      release: "r1",
      manifests: {},
      directory: "/",
      cluster,
      uid: CLUSTER_UID,
      gatus: null,
      skip: {},
      removed: {},
      ignored: ignoredOn(settings, clock.now()),
      earlier,
      recorded: () => Promise.resolve([]),
      timing: { soakMs: 0, timeoutMs: 1_000, intervalMs: 500, outageMs: 1_000 },
      clock,
      progress: (line) => lines.push(line),
    };
    const baseline = await beginUpdate(args, []);
    objects = brokenBy;
    const result = await verify(args, { baseline, declared: [] });
    assert.ok("evidence" in result);
    earlier = result.evidence;
    return "failures" in result.record ? result.record.failures.map(({ object }) => object) : [];
  }
  const verified = (): Verification => {
    const [record] = earlier?.verified ?? [];
    assert.ok(record !== undefined);
    return record;
  };

  it("does not fail the verification; the evidence and the gate's weaknesses name it with its health", async () => {
    objects = [app("True")];
    assert.deepEqual(await up({}, [app("False")]), [APP], "without the entry");
    assert.deepEqual(await up({ [APP]: ENTRY }), []);
    assert.deepEqual(verified().ignored, [{ object: APP, ...ENTRY }]);
    const expected = `${APP} is ignored until 2026-01-31 (owner: alice): waits for a new disk; it is failing now: Ready: boom.`;
    assert.ok(
      weaknessesOf(verified()).some((line) => line.endsWith(expected)),
      weaknessesOf(verified()).join("\n"),
    );
  });

  it("may be gone", async () => {
    objects = [app("True")];
    assert.deepEqual(await up({ [APP]: ENTRY }), []);
    objects = [app("True")];
    earlier = undefined;
    assert.deepEqual(await up({}), []);
    assert.deepEqual(await up({}, []), [APP], "without the entry");
    objects = [app("True")];
    assert.deepEqual(await up({ [APP]: ENTRY }, []), []);
    assert.ok(
      weaknessesOf(verified()).some((line) => line.includes(`${APP} is gone: ignored until 2026-01-31`)),
    );
  });

  it("has to be healthy from the day after its expiry on, and is then not excused for having been unhealthy before", async () => {
    objects = [app("False")];
    assert.deepEqual(await up({ [APP]: ENTRY }), []);
    clock.jump(DAY_MS);
    assert.deepEqual(await up({ [APP]: ENTRY }), [APP]);
  });

  it("is ignored by a gate's live check until the same day", async () => {
    objects = [app("False")];
    assert.deepEqual(await up({ [APP]: ENTRY }), []);
    const failing = async (): Promise<string[]> => {
      const { failures } = await checkLive({
        stack: "edge",
        evidence: earlier!,
        record: verified(),
        cluster,
        timeoutMs: 0,
        clock,
        progress: () => undefined,
      });
      return failures.map(({ object }) => object);
    };
    assert.deepEqual(await failing(), []);
    clock.jump(DAY_MS);
    assert.deepEqual(await failing(), [APP]);
  });

  it("that no check evaluates is reported, and so is an expired entry", async () => {
    objects = [app("True")];
    assert.deepEqual(await up({ "Kustomization flux-system/ap": ENTRY }), []);
    assert.ok(
      lines.includes(
        "edgefirst:verification.ignore names Kustomization flux-system/ap, which no check evaluates",
      ),
    );
    assert.deepEqual(expiredIgnores({ [APP]: ENTRY }, clock.now()), []);
    const [warning] = expiredIgnores({ [APP]: ENTRY }, clock.now() + DAY_MS);
    assert.match(
      warning?.message ?? "",
      /no longer covers Kustomization .* expired on 2026-01-31 \(owner: alice\)/,
    );
  });
});

describe("entries of edgefirst:verification.ignore", () => {
  const clock = new FakeClock();
  const today = { ...ENTRY, object: APP };
  const expired = { ...ENTRY, object: "HelmRelease apps/old", until: "2026-01-30" };
  const settings = Object.fromEntries([today, expired].map(({ object, ...rest }) => [object, rest]));
  const verdict = (object: string, state: Verdict["state"], message = ""): Verdict => ({
    object,
    state,
    message,
    own: false,
  });
  const check = (...verdicts: Verdict[]): Check => ({
    id: "flux",
    run: () => Promise.resolve({ verdicts, notes: ["n"] }),
  });

  it("are in force until the end of their day in UTC, and then warn", () => {
    assert.deepEqual(ignoredOn(settings, clock.now()), [today]);
    assert.deepEqual(ignoredOn(settings, Date.parse("2026-02-01T00:00:00Z")), []);
    assert.deepEqual(expiredIgnores(settings, clock.now()), [
      {
        severity: "warning",
        message:
          "edgefirst:verification.ignore no longer covers HelmRelease apps/old: it expired on 2026-01-30 (owner: alice).",
        hint: "Remove the entry, or set a later date. Without a valid entry, the object has to be healthy.",
      },
    ]);
  });

  it("turn a verdict into a skipped one that says how the object is", async () => {
    const messages = async (now: number, ...verdicts: Verdict[]) => {
      const [first] = ignoring([check(...verdicts)], [today], { now: () => now });
      const result = await first!.run();
      assert.deepEqual(result.notes, ["n"]);
      return result.verdicts.map(({ state, message }) => `${state}: ${message}`);
    };
    const start = "skipped: is ignored until 2026-01-31 (owner: alice): waits for a new disk; it is";
    for (const [state, health] of [
      ["held", "healthy"],
      ["pending", "not ready"],
      ["failed", "failing"],
      ["skipped", "not evaluated"],
    ] as const) {
      assert.deepEqual(await messages(clock.now(), verdict(APP, state)), [`${start} ${health} now`]);
      assert.deepEqual(await messages(clock.now(), verdict(APP, state, "boom")), [
        `${start} ${health} now: boom`,
      ]);
    }
    assert.deepEqual(await messages(clock.now(), verdict("Kustomization n/other", "failed", "boom")), [
      "failed: boom",
    ]);
    assert.deepEqual(await messages(clock.now() + DAY_MS, verdict(APP, "failed", "boom")), ["failed: boom"]);
  });

  it("leave the checks alone if there are none", () => {
    const checks = [check()];
    const same = ignoring(checks, [], clock);
    assert.equal(same[0], checks[0]);
  });

  it("say why an ignored object may be gone", () => {
    assert.deepEqual(removalReasons([today]), {
      [APP]: "ignored until 2026-01-31 (owner: alice): waits for a new disk",
    });
  });

  it("are reported if no check evaluates their object", () => {
    const lines: unknown[] = [];
    reportUnknown([today, expired], [verdict(APP, "skipped")], (...args) => lines.push(args));
    assert.deepEqual(lines, [
      ["edgefirst:verification.ignore names HelmRelease apps/old, which no check evaluates", true],
    ]);
  });
});
