import assert from "node:assert/strict";
import type { JobCheck } from "../../../config/own-checks.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";
import { NO_BASELINE } from "../../../staging/baseline.ts";
import { fluxCheck } from "../../../staging/checks/flux.ts";
import { jobsCheck } from "../../../staging/checks/jobs.ts";
import type { WatchResult } from "../../../staging/watch-state.ts";
import { watch } from "../../../staging/watch.ts";
import { FakeClock, ready, scriptedCluster, type ScriptedCluster } from "../../support/scripted-cluster.ts";

const SMOKE: JobCheck = {
  namespace: "checks",
  image: "registry.example.com/smoke:1.2.3",
  args: ["--quick"],
  env: { TARGET: "app" },
  runAsUser: 1000,
  timeout: "90s",
  attempts: 2,
};

describe("check jobs: a soak of 10 s, one round of checks a second; a Job takes 2 s", () => {
  let clock: FakeClock;
  let lines: string[];
  let created: KubeObject[];
  let deleted: string[];
  let outcomes: ("Complete" | "Failed")[];
  let others: (second: number) => "True" | "False";
  let cluster: ScriptedCluster;
  let live: Map<
    string,
    { readonly job: KubeObject; readonly outcome: "Complete" | "Failed"; readonly since: number }
  >;
  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    created = [];
    deleted = [];
    outcomes = [];
    live = new Map();
    others = () => "True";
    const app = (): KubeObject => ({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name: "app", namespace: "flux-system" },
      status: ready(others(clock.seconds)),
    });
    const pods = (): KubeObject[] =>
      [...live.values()].map(({ job: { metadata } }) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name: "pod",
          namespace: "checks",
          labels: { "batch.kubernetes.io/job-name": metadata.name },
        },
        status: { containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] },
      }));
    const jobs = (): KubeObject[] =>
      [...live.values()].map(({ job, outcome, since }) => ({
        ...job,
        status:
          clock.seconds - since < 2
            ? {}
            : { conditions: [{ type: outcome, status: "True", message: "why" }] },
      }));
    const scripted = scriptedCluster(
      () => [app(), ...jobs(), ...pods()],
      () => "password=hunter2",
    );
    cluster = {
      ...scripted,
      apply: (job, { fieldManager }) => {
        assert.equal(fieldManager, "edgefirst-check");
        created.push(job);
        live.set(describeObject(job), { job, outcome: outcomes.shift() ?? "Complete", since: clock.seconds });
        return Promise.resolve(job);
      },
      delete: (reference) => {
        deleted.push(describeObject(reference));
        live.delete(describeObject(reference));
        return Promise.resolve();
      },
    };
  });

  async function watching(options: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<WatchResult> {
    const args = {
      cluster,
      project: "edgefirst",
      stack: "edge",
      release: "aabbccddeeff",
      progress: (line: string) => lines.push(line),
    };
    const checks = [fluxCheck({ cluster, stack: "edge" }), jobsCheck(args, { smoke: SMOKE })];
    const { timeoutMs = 60_000, signal } = options;
    try {
      return await watch(
        {
          checks,
          baseline: NO_BASELINE,
          gone: "is gone",
          timing: { soakMs: 10_000, timeoutMs, intervalMs: 1_000, outageMs: 30_000 },
          progress: (line) => lines.push(line),
        },
        clock,
        signal,
      );
    } finally {
      await Promise.all(checks.map(async (check) => check.end?.()));
    }
  }
  const names = (): string[] => created.map(({ metadata }) => metadata.name);

  it("runs the Job before the soak begins and when it ends, and deletes it each time", async () => {
    const { failures, soakMs } = await watching();
    assert.deepEqual(failures, []);
    assert.deepEqual(names(), ["edgefirst-smoke-aabbccddeeff-1", "edgefirst-smoke-aabbccddeeff-1"]);
    assert.deepEqual(
      deleted,
      names().map((name) => `Job checks/${name}`),
    );
    assert.ok(soakMs >= 10_000, `${soakMs}`);
    assert.equal(live.size, 0);
  });

  it("creates it only while every other check holds", async () => {
    others = (second) => (second < 8 ? "False" : "True");
    await watching();
    assert.ok(lines.some((line) => line.includes("waiting for Kustomization flux-system/app")));
    assert.ok(clock.seconds >= 8 + 10);
    assert.equal(created.length, 2);
  });

  it("restarts the soak if the Job fails at its end, and tries again", async () => {
    outcomes = ["Complete", "Failed", "Complete", "Complete"];
    const { failures } = await watching();
    assert.deepEqual(failures, []);
    assert.equal(lines.filter((line) => line.endsWith("the soak has begun")).length, 2);
    assert.ok(
      lines.includes("the soak starts again: Job check smoke: attempt 1 of 2 failed: exit code 3"),
      lines.join("\n"),
    );
  });

  it("fails once no attempts are left, with the exit code; its log goes to the output only", async () => {
    outcomes = ["Failed", "Failed"];
    const { failures } = await watching();
    assert.deepEqual(
      failures.map(({ object, message }) => `${object}: ${message}`),
      ["Job check smoke: attempt 2 of 2 failed: exit code 3"],
    );
    assert.ok(clock.seconds < 20, "without waiting for the timeout");
    assert.deepEqual(names(), ["edgefirst-smoke-aabbccddeeff-1", "edgefirst-smoke-aabbccddeeff-2"]);
    assert.ok(lines.some((line) => line.includes("password=hunter2")));
    assert.doesNotMatch(JSON.stringify(failures), /hunter2/);
  });

  it("deletes the Job of a verification that is cancelled", async () => {
    const cancelled = new AbortController();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (ms) => {
      if (clock.seconds >= 2) cancelled.abort();
      return sleep(ms);
    };
    const { inconclusive } = await watching({ signal: cancelled.signal });
    assert.match(inconclusive ?? "", /cancelled/);
    assert.deepEqual([created.length, deleted.length, live.size], [1, 1, 0]);
  });

  it("deletes what a killed verification left, and uses the next number if its name is still taken", async () => {
    await watching({ timeoutMs: 3_000 });
    const [left] = created;
    const other = {
      ...left!,
      metadata: { ...left!.metadata, labels: {}, name: "edgefirst-smoke-aabbccddeeff-9" },
    };
    for (const job of [left!, other]) live.set(describeObject(job), { job, outcome: "Complete", since: 0 });
    created = [];
    deleted = [];
    const remove = cluster.delete.bind(cluster);
    let isSlow = true;
    cluster.delete = (reference) => {
      if (!isSlow) return remove(reference);
      isSlow = false;
      deleted.push(describeObject(reference));
      return Promise.resolve();
    };
    await watching();
    assert.equal(deleted[0], `Job checks/${left!.metadata.name}`);
    assert.equal(names()[0], "edgefirst-smoke-aabbccddeeff-2");
    assert.ok(live.has("Job checks/edgefirst-smoke-aabbccddeeff-9"), "not ours");
  });

  it("fails at once if it cannot be created", async () => {
    cluster.apply = () => {
      throw new ApiError({
        request: "PATCH",
        context: "edge",
        status: 403,
        body: { message: "jobs is forbidden" },
      });
    };
    const { failures } = await watching();
    assert.deepEqual(
      failures.map(({ message }) => message),
      ["cannot be created: jobs is forbidden"],
    );
  });

  it("runs within the restricted Pod Security Standard, under its own deadline, without a token", async () => {
    await watching();
    const { activeDeadlineSeconds, ttlSecondsAfterFinished, template } = created[0]!.spec as {
      activeDeadlineSeconds: number;
      ttlSecondsAfterFinished: number;
      template: { spec: Record<string, unknown> & { containers: Record<string, unknown>[] } };
    };
    assert.deepEqual([activeDeadlineSeconds, ttlSecondsAfterFinished], [90, 3_600]);
    const { automountServiceAccountToken, securityContext, containers } = template.spec;
    assert.equal(automountServiceAccountToken, false);
    assert.deepEqual(securityContext, {
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.deepEqual(containers[0]?.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.deepEqual(
      [containers[0].args, containers[0].env],
      [["--quick"], [{ name: "TARGET", value: "app" }]],
    );
  });
});
