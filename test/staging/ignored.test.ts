import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import type { Evidence, Verification } from "../../staging/evidence.ts";
import { expiredIgnores, type IgnoreSettings, ignoredOn } from "../../staging/ignored.ts";
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
