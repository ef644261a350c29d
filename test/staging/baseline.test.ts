import assert from "node:assert/strict";
import {
  baselineOf,
  inheritedBaseline,
  NO_BASELINE,
  revisionOf,
  type Baseline,
} from "../../staging/baseline.ts";
import type { CheckRound, CheckVerdict } from "../../staging/check-round.ts";
import type { Check } from "../../staging/checks/check.ts";
import { withRevoked, withVerified, type Evidence, type LastPass } from "../../staging/evidence.ts";
import { goneObjects } from "../../staging/gone-objects.ts";
import { revocation, verification } from "../support/evidence.ts";

const subject = { cluster: { context: "edge", uid: "uid" }, gatus: null };
const check = (id: Check["id"], keeps?: Check["keeps"]): Check => ({
  id,
  ...(keeps !== undefined && { keeps }),
  run: () => Promise.resolve({ verdicts: [] }),
});
const CHECKS = [check("gateways"), check("flux", (object) => !object.startsWith("HelmChart "))];

function verdict(
  object: string,
  state: CheckVerdict["state"],
  more: Partial<CheckVerdict> = {},
): CheckVerdict {
  return { check: "flux", object, state, message: "", own: false, ...more };
}
const round = (...verdicts: CheckVerdict[]): CheckRound => ({ verdicts, results: new Map() });

function passed(flux: Partial<LastPass["checks"][string]>, more: LastPass["checks"] = {}): Evidence {
  const checks = { flux: { held: [], own: [], unhealthy: [], ...flux }, ...more };
  return withVerified(undefined, subject, { record: verification("r1"), checks });
}
const excused = (now: CheckRound, earlier: Evidence | undefined): string[] => [
  ...baselineOf(now, CHECKS, { earlier }).excused,
];
const expected = (now: CheckRound, earlier: Evidence | undefined): string[] => [
  ...baselineOf(now, CHECKS, { earlier }).expected,
];

describe("the baseline of an update", () => {
  it("without any evidence excuses what fails, and expects what is healthy", () => {
    const now = round(verdict("App a", "failed"), verdict("App b", "held"), verdict("App c", "pending"));
    const found = baselineOf(now, CHECKS, { earlier: undefined });
    assert.deepEqual(
      [[...found.excused], [...found.expected], found.revision],
      [["flux App a"], ["flux App b"], null],
    );
  });

  it("neither excuses nor expects objects of the stack itself", () => {
    const now = round(verdict("App a", "failed", { own: true }), verdict("App b", "held", { own: true }));
    assert.deepEqual([excused(now, undefined), expected(now, undefined)], [[], []]);
  });

  it("excuses what the last pass excused, until it is healthy", () => {
    const earlier = passed({ unhealthy: ["App a", "App b"] });
    assert.deepEqual(excused(round(verdict("App a", "pending"), verdict("App b", "held")), earlier), [
      "flux App a",
    ]);
  });

  it("expects what the last pass saw healthy, of the kinds that stay, though it is gone now", () => {
    const earlier = passed({ held: ["App a", "HelmChart x/y"] });
    assert.deepEqual(expected(round(), earlier), ["flux App a"]);
    assert.deepEqual(expected(round(verdict("HelmChart x/y", "held")), undefined), []);
  });

  it("ignores what the last pass found by checks that do not run now", () => {
    const routes = { held: ["HTTPRoute a/b"], own: [], unhealthy: ["HTTPRoute a/c"] };
    const earlier = passed({}, { routes });
    assert.deepEqual([excused(round(), earlier), expected(round(), earlier)], [[], []]);
    const checks = [...CHECKS, check("routes", () => true)];
    const { excused: known, expected: kept } = baselineOf(round(), checks, { earlier });
    assert.deepEqual([[...known], [...kept]], [["routes HTTPRoute a/c"], ["routes HTTPRoute a/b"]]);
  });

  it("does not excuse what a verification since the last pass has blamed; an older one no longer counts", () => {
    const failures = [{ check: "flux", object: "App a", message: "" }];
    const now = round(verdict("App a", "failed"));
    const blamed = (time: string) =>
      withRevoked(passed({}), subject, { ...revocation("r2"), failures, time: `2026-01-31T${time}Z` });
    assert.deepEqual(excused(now, blamed("12:00:01")), []);
    assert.deepEqual(excused(now, blamed("12:00:00")), ["flux App a"]);
    assert.deepEqual(excused(now, blamed("11:00:00")), ["flux App a"]);
  });

  it("counts as passed what passed last, of several verified releases", () => {
    const failures = [{ check: "flux", object: "App a", message: "" }];
    const older = verification("r0", { time: "2026-01-01T12:00:00Z" });
    const evidence = withRevoked(passed({}), subject, {
      ...revocation("r2"),
      failures,
      time: "2026-01-15T12:00:00Z",
    });
    const earlier = { ...evidence, verified: [...evidence.verified, older] };
    assert.deepEqual(excused(round(verdict("App a", "failed")), earlier), ["flux App a"]);
  });

  it("has the revision of the root Kustomization", () => {
    const root = "Kustomization flux-system/root";
    const now = round(
      verdict("Kustomization flux-system/other", "held", { revision: "r-other" }),
      verdict(root, "held", { check: "gatus", revision: "r-gatus" }),
      verdict(root, "held", { revision: "r-root" }),
    );
    assert.equal(revisionOf(now, root), "r-root");
    assert.equal(revisionOf(now, undefined), undefined);
    assert.equal(revisionOf(round(), root), undefined);
    assert.equal(baselineOf(now, CHECKS, { earlier: undefined, root }).revision, "r-root");
    const gitops = { kind: "GitRepository", url: "https://example.com", revision: "r-pass" } as const;
    const record = verification("r1", { gitops });
    const earlier = withVerified(undefined, subject, { record, checks: {} });
    assert.equal(baselineOf(now, CHECKS, { earlier, root }).revision, "r-root");
    assert.equal(baselineOf(now, CHECKS, { earlier }).revision, "r-pass");
  });

  describe("if the repository has changed since the last pass", () => {
    const root = "Kustomization flux-system/root";
    const gitops = { kind: "GitRepository", url: "https://example.com", revision: "new" } as const;
    const checks = { flux: { held: ["App a", "App b"], own: [], unhealthy: [] } };
    const earlier = withVerified(undefined, subject, {
      record: verification("r1", { gitops: { ...gitops, revision: "old" } }),
      checks,
    });
    const measured = (...verdicts: CheckVerdict[]) =>
      baselineOf(round(verdict(root, "held", { revision: "new" }), ...verdicts), CHECKS, { earlier, root });
    const reason = "the repository changed from old to new";

    it("excuses only what is already gone, and names the reason", () => {
      const found = measured(verdict("App a", "held"));
      assert.deepEqual([[...found.expected], found.revision], [[`flux ${root}`, "flux App a"], "new"]);
      assert.deepEqual([...(found.gone ?? [])], [["flux App b", reason]]);
      const args = { baseline: found, root, gone: "is gone" };
      const after = (...verdicts: CheckVerdict[]) =>
        goneObjects(args, round(verdict(root, "held", { revision: "new" }), ...verdicts)).map(
          ({ object, state, message }) => [object, state, message],
        );
      const notBlamed = ["App b", "skipped", `is gone: ${reason}`];
      assert.deepEqual(after(verdict("App a", "held")), [notBlamed]);
      assert.deepEqual(after(), [["App a", "failed", "is gone"], notBlamed]);
      assert.deepEqual(after(verdict("App a", "held"), verdict("App b", "held")), [], "it came back");
    });

    it("excuses what disappears later as well, while Flux is still applying the change", () => {
      for (const unsettled of [
        verdict("App c", "pending"),
        verdict("App c", "failed", { revision: "old" }),
      ]) {
        const { expected: wanted, revision, gone } = measured(verdict("App a", "held"), unsettled);
        assert.deepEqual([wanted.has("flux App b"), revision, gone?.size], [true, "old", 0]);
      }
      const failed = measured(verdict("App a", "held"), verdict("App c", "failed", { revision: "new" }));
      assert.equal(failed.revision, "new");
      const other = measured(verdict("Gatus endpoint", "pending", { check: "gatus" }));
      assert.equal(other.revision, "new", "Flux has nothing to do with it");
    });

    it("keeps the reasons for the update that follows an unverified one", () => {
      const { expected: wanted, revision, gone } = measured(verdict("App a", "held"));
      const begun = { excused: [], expected: [...wanted], revision, gone: Object.fromEntries(gone ?? []) };
      const now = round(verdict(root, "held", { revision: "newer" }), verdict("App c", "held"));
      const next = inheritedBaseline(begun, now, CHECKS, root);
      assert.deepEqual([[...next.expected], next.revision], [[`flux ${root}`, "flux App c"], "newer"]);
      assert.deepEqual(
        [...(next.gone ?? [])],
        [
          ["flux App b", reason],
          ["flux App a", "the repository changed from new to newer"],
        ],
      );
    });
  });

  it("of an update that follows an unverified one loses the excuses of what is healthy", () => {
    const begun = { excused: ["flux App a", "flux App b"], expected: ["flux App c"], revision: "r" };
    const found = inheritedBaseline(
      begun,
      round(verdict("App a", "held"), verdict("App b", "failed")),
      CHECKS,
    );
    assert.deepEqual(
      [[...found.excused], [...found.expected], found.revision],
      [["flux App b"], ["flux App c", "flux App a"], "r"],
    );
  });

  it("of an update that follows an unverified one does not expect what has moved to another namespace under its former name", () => {
    const begun = { excused: [], expected: ["flux App a/x", "flux App b/x"], revision: null };
    const found = inheritedBaseline(
      begun,
      round(verdict("App b/x", "held"), verdict("App c/x", "held")),
      CHECKS,
    );
    assert.deepEqual([...found.expected], ["flux App b/x", "flux App c/x"]);
  });

  it("of nothing excuses and expects nothing", () => {
    const { excused: none, expected: nothing, revision } = NO_BASELINE;
    assert.deepEqual([none.size, nothing.size, revision], [0, 0, null]);
  });
});

describe("an expected object that is gone", () => {
  const missing = (baseline: Partial<Baseline>, ...present: CheckVerdict[]): string[] =>
    goneObjects({ baseline: { ...NO_BASELINE, ...baseline }, gone: "is gone" }, round(...present)).map(
      ({ object }) => object,
    );
  const gone = (key: string, ...present: CheckVerdict[]) =>
    goneObjects(
      { baseline: { ...NO_BASELINE, expected: new Set([key]) }, gone: "is gone" },
      round(...present),
    );

  it("is another owner's, so that it could be excused", () => {
    assert.deepEqual(gone("flux App a/b"), [
      { check: "flux", object: "App a/b", state: "failed", message: "is gone", own: false },
    ]);
  });

  it("is not gone if it moved to another namespace, and is if only the name ends alike", () => {
    assert.deepEqual(gone("flux App a/b", verdict("App c/b", "held")), []);
    assert.equal(gone("flux App a/b", verdict("OtherApp b", "held")).length, 1);
    assert.equal(gone("flux App a/b", verdict("Appb", "held")).length, 1);
    assert.equal(gone("flux App a/b", verdict("App c/x", "held")).length, 1);
    assert.equal(gone("flux App a/b", verdict("App c/b", "held", { check: "gatus" })).length, 1);
  });

  it("is gone if the object with its name in another namespace is not new, or is the stack's own", () => {
    const expected = new Set(["flux App a/b", "flux App c/b"]);
    assert.deepEqual(missing({ expected }, verdict("App c/b", "held")), ["App a/b"]);
    const excused = new Set(["flux App c/b"]);
    assert.deepEqual(
      missing({ expected: new Set(["flux App a/b"]), excused }, verdict("App c/b", "failed")),
      ["App a/b"],
    );
    assert.equal(gone("flux App a/b", verdict("App c/b", "held", { own: true })).length, 1);
  });

  it("is gone if fewer objects with its name are new than are gone", () => {
    const expected = new Set(["flux App a/b", "flux App c/b", "flux App e/f"]);
    assert.deepEqual(missing({ expected }, verdict("App d/b", "held")), ["App c/b", "App e/f"]);
  });

  it("is not expected by an update that begins after it has moved; its successor is", () => {
    const earlier = passed({ held: ["App a/b", "App c/b"], unhealthy: ["App d/b"] });
    const now = round(verdict("App c/b", "held"), verdict("App e/b", "held"), verdict("App d/b", "failed"));
    assert.deepEqual(expected(now, earlier).sort(), ["flux App c/b", "flux App e/b"]);
    const stays = round(verdict("App c/b", "held"), verdict("App d/b", "held"));
    assert.deepEqual(expected(stays, earlier).sort(), ["flux App a/b", "flux App c/b", "flux App d/b"]);
  });
});
