import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { declaredCheck } from "../../staging/checks/declared.ts";
import type { Check } from "../../staging/checks/check.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { fluxCheck } from "../../staging/checks/flux.ts";
import { rolloutsCheck } from "../../staging/checks/rollouts.ts";
import { baselineOf, NO_BASELINE, type Baseline } from "../../staging/baseline.ts";
import { runChecks } from "../../staging/check-round.ts";
import type { WatchResult } from "../../staging/watch-state.ts";
import { watch } from "../../staging/watch.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { FakeClock, ready, scriptedCluster, unreachable } from "../support/scripted-cluster.ts";

const STACK = "edge";
const APPLIED = {
  labels: { "edgefirst.dev/stack": STACK },
  managedFields: [{ manager: "edgefirst", operation: "Apply" }],
};

function app(status: object, spec: object = {}): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "app", namespace: "flux-system" },
    spec,
    status,
  };
}

describe("watch: a soak of 10 s, one round of checks a second, on a scripted cluster and clock", () => {
  let clock: FakeClock;
  let lines: string[];
  let lasting: string[];
  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    lasting = [];
  });

  /** Watches a cluster whose objects are scripted second by second. */
  function watching(
    script: (second: number) => readonly KubeObject[],
    options: {
      baseline?: Baseline;
      timeoutMs?: number;
      signal?: AbortSignal;
      check?: Check;
      root?: string;
      removed?: Record<string, string>;
    } = {},
  ): Promise<WatchResult> {
    const cluster = scriptedCluster(() => script(clock.seconds));
    const check = options.check ?? fluxCheck({ cluster, stack: STACK });
    return watch(
      {
        checks: [check],
        baseline: options.baseline ?? NO_BASELINE,
        timing: {
          soakMs: 10_000,
          timeoutMs: options.timeoutMs ?? 60_000,
          intervalMs: 1_000,
          outageMs: 30_000,
        },
        gone: "is gone",
        root: options.root,
        removed: options.removed ?? {},
        progress: (line, stays) => {
          lines.push(line);
          if (stays) lasting.push(line);
        },
      },
      clock,
      options.signal,
    );
  }

  async function baselineOfFlux(objects: readonly KubeObject[], earlier?: Evidence): Promise<Baseline> {
    const checks = [fluxCheck({ cluster: scriptedCluster(() => objects), stack: STACK })];
    return baselineOf(await runChecks(checks), checks, { earlier });
  }

  it("passes once everything has held for the whole soak", async () => {
    const result = await watching(() => [app(ready("True"))]);
    assert.deepEqual([result.failures, result.soakMs, clock.seconds], [[], 10_000, 10]);
    assert.ok(lines.includes("every check holds; 4 s of soak left"));
  });

  it("begins the soak only when the last object holds", async () => {
    const result = await watching((second) => [app(ready(second < 7 ? "Unknown" : "True"))]);
    assert.deepEqual([result.failures, clock.seconds], [[], 17]);
  });

  it("restarts the soak after a failure", async () => {
    const result = await watching((second) => [app(ready(second === 8 ? "False" : "True", "boom"))]);
    assert.deepEqual([result.failures, clock.seconds], [[], 19]);
    assert.ok(lasting.includes("the soak starts again: Kustomization flux-system/app: Ready: boom"));
  });

  it("continues while an object reconciles at the same revision", async () => {
    const result = await watching((second) => [app(ready(second >= 3 && second <= 6 ? "Unknown" : "True"))]);
    assert.deepEqual([result.failures, clock.seconds], [[], 10]);
    assert.deepEqual(
      lasting.filter((line) => line.includes("the soak")),
      ["every check holds; the soak has begun", "every check holds; the soak continues"],
    );
  });

  it("does not end while an object reconciles, even after the soak", async () => {
    const result = await watching((second) => [app(ready(second >= 9 && second <= 13 ? "Unknown" : "True"))]);
    assert.deepEqual([result.failures, clock.seconds], [[], 14]);
  });

  it("restarts the soak when an object reconciles for longer than its timeout", async () => {
    const result = await watching((second) => [
      app(ready(second >= 3 && second <= 7 ? "Unknown" : "True"), { timeout: "2s" }),
    ]);
    assert.deepEqual([result.failures, clock.seconds], [[], 18]);
  });

  it("restarts the soak when the revision changes", async () => {
    const result = await watching((second) => [
      app({ ...ready("True"), lastAppliedRevision: second < 5 ? "main@sha1:a" : "main@sha1:b" }),
    ]);
    assert.deepEqual([result.failures, clock.seconds], [[], 15]);
    const line = "the soak starts again: the revision of Kustomization flux-system/app changed";
    assert.ok(lasting.includes(line));
  });

  it("goes on when a source that nothing uses has a new revision, or a HelmChart goes because its release moves to an OCI chart", async () => {
    const source = (kind: string, revision: string): KubeObject => ({
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind,
      metadata: { name: "unused", namespace: "flux-system" },
      status: { ...ready("True"), artifact: { revision } },
    });
    const chart = source("HelmChart", "1.2.3");
    const result = await watching(
      (second) => [
        app(ready("True")),
        source("HelmRepository", second < 5 ? "sha256:a" : "sha256:b"),
        ...(second < 5 ? [chart] : []),
      ],
      { baseline: await baselineOfFlux([app(ready("True")), chart]) },
    );
    assert.deepEqual([result.failures, clock.seconds], [[], 10]);
  });

  describe("restarts the soak, and moves the timeout, if nothing was observed", () => {
    const jumpAt = (at: number, ms: number) => {
      let jumped = false;
      return (second: number): KubeObject[] => {
        if (second >= at && !jumped) {
          jumped = true;
          clock.jump(ms);
        }
        return [app(ready("True"))];
      };
    };

    it("between two rounds: a laptop was asleep", async () => {
      const sleep = clock.sleep.bind(clock);
      clock.sleep = (ms) => {
        if (clock.seconds === 5) clock.jump(3_600_000);
        return sleep(ms);
      };
      const result = await watching(() => [app(ready("True"))]);
      assert.deepEqual([result.failures, result.soakMs, clock.seconds], [[], 10_000, 3_616]);
      assert.ok(lasting.includes("the soak starts again: nothing was observed for 3601 s"));
    });

    it("during a round", async () => {
      const result = await watching(jumpAt(5, 3_600_000));
      assert.deepEqual([result.failures, result.soakMs, clock.seconds], [[], 10_000, 3_616]);
    });

    it("because the clock was set back", async () => {
      const result = await watching(jumpAt(5, -3_600_000));
      assert.deepEqual([result.failures, result.soakMs], [[], 10_000]);
      assert.ok(lasting.includes("the soak starts again: the clock was set back"));
    });

    it("but not after a slow round", async () => {
      const result = await watching(jumpAt(5, 8_000));
      assert.deepEqual([result.failures, lasting], [[], ["every check holds; the soak has begun"]]);
    });
  });

  it("ends at the timeout, with each failing object and its condition's message", async () => {
    const result = await watching((second) => [app(ready(second % 5 === 4 ? "False" : "True", "flaps"))], {
      timeoutMs: 24_000,
    });
    assert.equal(clock.seconds, 24);
    assert.deepEqual(
      result.failures.map(({ check, object, message }) => [check, object, message]),
      [["flux", "Kustomization flux-system/app", "Ready: flaps"]],
    );
  });

  it("reports the timeout if no object is failing at that moment", async () => {
    const result = await watching((second) => [app(ready(second % 5 === 4 ? "False" : "True", "flaps"))], {
      timeoutMs: 22_000,
    });
    assert.deepEqual(result.failures, [
      {
        check: "soak",
        object: "the soak",
        state: "failed",
        message: "the soak was not complete after 22 s",
        own: true,
      },
    ]);
  });

  it("ends without a result when it is cancelled", async () => {
    const cancelled = new AbortController();
    const result = await watching(
      (second) => {
        if (second === 4) cancelled.abort();
        return [app(ready("True"))];
      },
      { signal: cancelled.signal },
    );
    assert.match(result.inconclusive ?? "", /cancelled/);
  });

  it("survives a short outage of the cluster, and restarts the soak", async () => {
    const result = await watching((second) =>
      second >= 4 && second < 9 ? unreachable() : [app(ready("True"))],
    );
    assert.deepEqual([result.failures, clock.seconds], [[], 19]);
    assert.match(lasting.join("\n"), /^the cluster does not respond: The cluster of context edge cannot/m);
  });

  it("ends without a result, so that nothing is revoked, if the soak is incomplete only because of an outage or a sleep", async () => {
    const outage = (second: number) => second >= 8 && second < 10;
    const interrupted = await watching((second) => (outage(second) ? unreachable() : [app(ready("True"))]), {
      timeoutMs: 15_000,
    });
    assert.equal(
      interrupted.inconclusive,
      "the soak was not complete after 15 s; it began again because the cluster did not respond",
    );
    assert.deepEqual([interrupted.failures, clock.seconds], [[], 15]);
    clock = new FakeClock();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (ms) => {
      if (clock.seconds === 8) clock.jump(60_000);
      return sleep(ms);
    };
    const asleep = await watching(() => [app(ready("True"))], { timeoutMs: 15_000 });
    assert.match(asleep.inconclusive ?? "", /; it began again because nothing was observed for 61 s$/);
  });

  it("still fails if an object was broken after an outage, or is broken or pending at the end", async () => {
    const outage = (second: number) => second >= 2 && second < 4;
    for (const broken of [8, 14]) {
      clock = new FakeClock();
      const script = (second: number): KubeObject[] =>
        outage(second)
          ? unreachable()
          : [app(ready(second >= broken && second <= broken + 1 ? "False" : "True"))];
      const { inconclusive, failures } = await watching(script, { timeoutMs: 15_000 });
      assert.deepEqual([inconclusive, failures.length], [undefined, 1], String(broken));
    }
    clock = new FakeClock();
    const pending = (second: number): KubeObject[] =>
      outage(second) ? unreachable() : [app(ready(second >= 8 ? "Unknown" : "True"))];
    const { inconclusive, failures } = await watching(pending, { timeoutMs: 15_000 });
    assert.deepEqual([inconclusive, failures.map(({ state }) => state)], [undefined, ["pending"]]);
  });

  it("ends without a result after a long outage, with the last error", async () => {
    const result = await watching((second) => (second >= 4 ? unreachable() : [app(ready("True"))]));
    assert.match(result.inconclusive ?? "", /stopped responding: The cluster of context edge/);
    assert.deepEqual([result.failures, clock.seconds], [[], 34]);
  });

  it("ends without a result if the timeout passes during an outage", async () => {
    const script = (second: number) => (second >= 4 ? unreachable() : [app(ready("True"))]);
    const result = await watching(script, { timeoutMs: 10_000 });
    assert.match(result.inconclusive ?? "", /not complete after 10 s: The cluster of context edge/);
  });

  describe("an object that was", () => {
    it("unhealthy before the update is reported and excused", async () => {
      const baseline = await baselineOfFlux([app(ready("False", "old error"))]);
      const result = await watching(() => [app(ready("False", "old error"))], { baseline });
      assert.deepEqual(result.failures, []);
      assert.deepEqual(
        result.excused.map(({ object }) => object),
        ["Kustomization flux-system/app"],
      );
    });

    it("unhealthy before the update is no longer excused once it has been healthy", async () => {
      const baseline = await baselineOfFlux([app(ready("False", "old error"))]);
      const result = await watching(
        (second) => [app(ready(second >= 3 && second < 5 ? "True" : "False", "again"))],
        { baseline },
      );
      assert.deepEqual(
        result.failures.map(({ message }) => message),
        ["Ready: again"],
      );
      assert.deepEqual([...result.recovered], ["flux Kustomization flux-system/app"]);
    });

    it("unhealthy because an earlier update broke it is not excused", async () => {
      const { evidence } = outputsOf(
        "r2",
        [verification("r1")],
        [
          {
            ...verification("r2", { time: "2026-01-31T13:00:00Z" }),
            failures: [{ check: "flux", object: "Kustomization flux-system/app", message: "broken" }],
          },
        ],
      ) as { evidence: Evidence };
      const baseline = await baselineOfFlux([app(ready("False", "broken"))], evidence);
      const result = await watching(() => [app(ready("False", "broken"))], { baseline });
      assert.equal(result.failures.length, 1);
    });

    it("unhealthy and declared by the stack itself is not excused", async () => {
      const own = { ...app(ready("False", "ours")) };
      const labelled = { ...own, metadata: { ...own.metadata, ...APPLIED } };
      const baseline = await baselineOfFlux([labelled]);
      assert.equal((await watching(() => [labelled], { baseline })).failures.length, 1);
    });

    it("healthy before the update fails if it is unhealthy now", async () => {
      const baseline = await baselineOfFlux([app(ready("True"))]);
      const result = await watching(() => [app(ready("False", "new error"))], { baseline });
      assert.equal(result.failures[0]?.message, "Ready: new error");
    });

    it("healthy before the update fails if it is gone, but not if it moved", async () => {
      const baseline = await baselineOfFlux([app(ready("True"))]);
      assert.match((await watching(() => [], { baseline })).failures[0]?.message ?? "", /is gone/);
      const moved = { ...app(ready("True")), metadata: { name: "app", namespace: "flux-apps" } };
      assert.deepEqual((await watching(() => [moved], { baseline })).failures, []);
    });
  });

  it("accepts that an expected object is gone if the repository changed, or the configuration gives the reason", async () => {
    const root = "Kustomization flux-system/app";
    const baseline: Baseline = {
      excused: new Set(),
      expected: new Set(["flux Kustomization media/radarr"]),
      revision: "main@sha1:a",
    };
    const at = (revision: string): KubeObject[] => [app({ ...ready("True"), lastAppliedRevision: revision })];
    const gone = async (revision: string, removed: Record<string, string> = {}) => {
      const { failures, removed: accepted } = await watching(() => at(revision), { baseline, root, removed });
      return [failures.length, accepted.map(({ message }) => message)];
    };
    assert.deepEqual(await gone("main@sha1:a"), [1, []]);
    assert.deepEqual(await gone("main@sha1:b"), [
      0,
      ["is gone: the repository changed from main@sha1:a to main@sha1:b"],
    ]);
    assert.deepEqual(await gone("main@sha1:a", { "Kustomization media/radarr": "replaced by sonarr" }), [
      0,
      ["is gone: replaced by sonarr"],
    ]);
  });

  it("does not wait for what waiting cannot fix", async () => {
    const declared: KubeObject = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s", namespace: "n" },
    };
    const cluster = scriptedCluster(() => []);
    const check = declaredCheck({ cluster, stack: STACK }, [declared]);
    const result = await watching(() => [], { check });
    assert.deepEqual([result.failures[0]?.message, clock.seconds], ["is not on the cluster", 0]);
  });

  it("restarts the soak when a Deployment loses its replicas", async () => {
    const deployment = (available: number): KubeObject => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "n", ...APPLIED },
      spec: { replicas: 1 },
      status: {
        availableReplicas: available,
        updatedReplicas: 1,
        conditions: [{ type: "Available", status: available === 1 ? "True" : "False", message: "too few" }],
      },
    });
    const cluster = scriptedCluster(() => [deployment(clock.seconds === 6 ? 0 : 1)]);
    const result = await watching(() => [], { check: rolloutsCheck({ cluster, stack: STACK }) });
    assert.deepEqual([result.failures, clock.seconds], [[], 17]);
  });
});
