import assert from "node:assert/strict";
import type { JobCheck } from "../../../config/own-checks.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { checkOwner, jobObject, jobOutcome } from "../../../staging/checks/job-object.ts";
import { JobRun } from "../../../staging/checks/job-run.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { scriptedCluster, type ScriptedCluster } from "../../support/scripted-cluster.ts";

const SETTINGS: JobCheck = {
  namespace: "checks",
  image: "registry.example.com/smoke:1.2.3",
  env: {},
  runAsUser: 1000,
  timeout: "90s",
  attempts: 3,
};
const IDENTITY = { project: "edgefirst", stack: "edge", release: "r1" };
const jobOf = (attempt: number, settings = SETTINGS): KubeObject =>
  jobObject({ ...IDENTITY, name: "smoke", attempt }, settings);
const ended = (type: string, more: object = {}) => ({
  conditions: [{ type, status: "True", ...more }],
});
const apiError = (status: number): ApiError =>
  new ApiError({ request: "PATCH", context: "edge", status, body: { message: "because" } });

describe("Job of a check", () => {
  it("runs what is configured, with a token only for a configured ServiceAccount", () => {
    const pod = (settings: JobCheck) =>
      (jobOf(1, settings).spec as { template: { spec: Record<string, unknown> } }).template.spec;
    const plain = pod(SETTINGS);
    assert.equal("serviceAccountName" in plain, false);
    assert.equal(plain.automountServiceAccountToken, false);
    assert.deepEqual(Object.keys((plain.containers as object[])[0]!), [
      "name",
      "image",
      "env",
      "securityContext",
      "resources",
    ]);
    const full = pod({ ...SETTINGS, serviceAccount: "probe", command: ["/smoke"], args: ["--all"] });
    assert.deepEqual([full.serviceAccountName, full.automountServiceAccountToken], ["probe", true]);
    const [container] = full.containers as { command: string[]; args: string[]; resources: object }[];
    assert.deepEqual([container?.command, container?.args], [["/smoke"], ["--all"]]);
    assert.deepEqual(container?.resources, {
      requests: { cpu: "10m", memory: "32Mi" },
      limits: { memory: "256Mi" },
    });
  });

  it("says on itself and on its pod which check of which stack it belongs to", () => {
    const { metadata, spec } = jobOf(2);
    assert.equal(metadata.name, "edgefirst-smoke-r1-2");
    assert.deepEqual(metadata.annotations, {
      "edgefirst.dev/check": "smoke of edgefirst/edge, release r1",
    });
    assert.match(metadata.labels?.["edgefirst.dev/check-of"] ?? "", /^[0-9a-f]{10}$/);
    const { template } = spec as { template: { metadata: object } };
    assert.deepEqual(template.metadata, { labels: metadata.labels });
    const owners = [
      checkOwner(IDENTITY),
      checkOwner({ ...IDENTITY, stack: "main" }),
      checkOwner({ ...IDENTITY, project: "other" }),
    ];
    assert.equal(new Set(owners).size, 3);
  });

  it("has the outcome of its conditions", () => {
    const outcome = (status: object) => {
      const { state, message } = jobOutcome({ ...jobOf(1), status });
      return `${state}: ${message}`;
    };
    const failed = (more: object) => outcome(ended("Failed", more));
    assert.equal(outcome({}), "running: ");
    assert.equal(outcome({ conditions: [{ type: "Complete", status: "False" }] }), "running: ");
    assert.equal(outcome(ended("Complete")), "succeeded: ");
    assert.equal(
      failed({ message: "reached its backoff limit", reason: "B" }),
      "failed: reached its backoff limit",
    );
    assert.equal(failed({ reason: "DeadlineExceeded" }), "failed: DeadlineExceeded");
    assert.equal(failed({}), "failed: the Job failed");
  });
});

describe("run of a check's Job", () => {
  let live: KubeObject[];
  let created: string[];
  let deleted: string[];
  let lines: (readonly [line: string, lasting: boolean])[];
  let cluster: ScriptedCluster;
  let run: JobRun;
  beforeEach(() => {
    live = [];
    created = [];
    deleted = [];
    lines = [];
    cluster = {
      ...scriptedCluster(() => live),
      get: (reference) => clusterHolding(...live).get(reference),
      list: (...args) => clusterHolding(...live).list(...args),
      apply: (job) => {
        created.push(job.metadata.name);
        live.push(job);
        return Promise.resolve(job);
      },
      delete: (reference) => {
        deleted.push(reference.metadata.name);
        live = live.filter((object) => describeObject(object) !== describeObject(reference));
        return Promise.resolve();
      },
    };
    run = newRun();
  });

  const newRun = (settings = SETTINGS): JobRun =>
    new JobRun(
      { ...IDENTITY, cluster, progress: (line, lasting) => lines.push([line, lasting]) },
      "smoke",
      settings,
    );
  /** Sets the status of the Job in progress. */
  const set = (status: object): void => {
    live = live.map((object) => (object.kind === "Job" ? { ...object, status } : object));
  };
  const look = async (): Promise<string> => {
    const { state, message, final } = await run.look();
    return `${state}: ${message}${final === true ? " (final)" : ""}`;
  };
  const pod = (name: string, job: string, statuses: readonly object[] = []): KubeObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "checks", labels: { "batch.kubernetes.io/job-name": job } },
    status: { containerStatuses: statuses },
  });
  const terminated = (exitCode: number) => ({ state: { terminated: { exitCode } } });

  it("holds once the Job has succeeded, until it is reset", async () => {
    assert.deepEqual([run.isDone, run.waiting.message], [false, "waits until all other checks hold"]);
    assert.equal(await look(), "pending: attempt 1 is running");
    assert.equal(await look(), "pending: attempt 1 is running");
    set(ended("Complete"));
    assert.deepEqual([await look(), run.isDone, deleted], ["held: ", true, ["edgefirst-smoke-r1-1"]]);
    assert.equal(await look(), "held: ");
    run.reset();
    assert.equal(run.isDone, false);
    assert.equal(await look(), "pending: attempt 1 is running");
    assert.deepEqual(created, ["edgefirst-smoke-r1-1", "edgefirst-smoke-r1-1"]);
  });

  it("counts the attempts, of which each may be pending without limit", async () => {
    const fail = async (): Promise<string> => {
      set(ended("Failed", { message: "boom" }));
      return look();
    };
    assert.equal((await run.look()).pendingMs, Infinity);
    assert.equal(await fail(), "failed: attempt 1 of 3 failed: boom");
    assert.equal(await look(), "pending: attempt 2 is running");
    assert.equal(await look(), "pending: attempt 2 is running");
    assert.equal(await fail(), "failed: attempt 2 of 3 failed: boom");
    await look();
    assert.equal(await fail(), "failed: attempt 3 of 3 failed: boom (final)");
    assert.equal(await look(), "failed: attempt 3 of 3 failed: no attempts are left (final)");
    assert.equal(created.length, 3);
    run.reset();
    assert.equal(await look(), "pending: attempt 1 is running");
  });

  it("fails an attempt whose Job was deleted", async () => {
    await look();
    live = [];
    assert.equal(await look(), "failed: attempt 1 of 3 failed: the Job was deleted");
  });

  it("reports the exit code of the container that ended, and prints the log of the Job's own pod", async () => {
    const paths: string[] = [];
    cluster.read = (path) => {
      paths.push(path);
      return Promise.resolve("line 1\nline 2");
    };
    await look();
    live.push(
      pod("other", "edgefirst-other-r1-1", [terminated(9)]),
      { ...pod("bare", "x"), metadata: { name: "bare", namespace: "checks" } },
      pod("smoke-abc", "edgefirst-smoke-r1-1", [{}, { state: {} }, terminated(4), terminated(5)]),
    );
    set(ended("Failed", { message: "boom" }));
    assert.equal(await look(), "failed: attempt 1 of 3 failed: exit code 4");
    assert.deepEqual(lines, [["the end of the log of Pod checks/smoke-abc:\nline 1\nline 2", true]]);
    assert.deepEqual(paths, ["/api/v1/namespaces/checks/pods/smoke-abc/log?tailLines=10"]);
  });

  it("reports the Job's message if its pod has no exit code, no log, or cannot be read", async () => {
    const failing = async (log: unknown, ...pods: KubeObject[]): Promise<string> => {
      run = newRun();
      live = [];
      cluster.read = () => (log instanceof Error ? Promise.reject(log) : Promise.resolve(log));
      await look();
      live.push(...pods);
      set(ended("Failed", { message: "boom" }));
      return look();
    };
    const job = "edgefirst-smoke-r1-1";
    const message = "failed: attempt 1 of 3 failed: boom";
    assert.equal(await failing("", pod("p", job, [{}])), message);
    assert.equal(await failing({}, pod("p", job)), message);
    assert.equal(await failing("log"), message);
    assert.equal(await failing(new EdgefirstError("forbidden"), pod("p", job, [terminated(1)])), message);
    assert.deepEqual(lines, []);
    await assert.rejects(failing(new TypeError("bug"), pod("p", job)), /bug/);
  });

  it("ends the watch if the Job cannot be created, but not if the API server fails or the token expired", async () => {
    const creating = (error: Error): Promise<string> => {
      cluster.apply = () => Promise.reject(error);
      return look();
    };
    for (const status of [403, 404, 422, 499])
      assert.equal(await creating(apiError(status)), "failed: cannot be created: because (final)");
    for (const error of [apiError(401), apiError(500), apiError(503), new EdgefirstError("unreachable")])
      await assert.rejects(creating(error), error);
  });

  it("first deletes what a killed verification left of this check, and nothing else", async () => {
    const renamed = (name: string, metadata: object = {}): KubeObject => ({
      ...jobOf(1),
      metadata: { ...jobOf(1).metadata, name, ...metadata },
    });
    live = [
      renamed("edgefirst-smoke-r0-1"),
      renamed("edgefirst-smoke-r0-2", { labels: undefined }),
      renamed("edgefirst-smoke-r0-3", { labels: { "edgefirst.dev/check-of": "another" } }),
      renamed("edgefirst-smoke-r0-4", { deletionTimestamp: "2026-01-31T12:00:00Z" }),
      renamed("edgefirst-other-r0-5"),
    ];
    await look();
    assert.deepEqual(deleted, ["edgefirst-smoke-r0-1"]);
    live.push(renamed("edgefirst-smoke-r0-6"));
    set(ended("Failed"));
    await look();
    await look();
    assert.ok(
      live.some(({ metadata }) => metadata.name === "edgefirst-smoke-r0-6"),
      "only once",
    );
  });

  it("does not fail because a Job cannot be deleted, and reports it", async () => {
    await look();
    cluster.delete = () => Promise.reject(new EdgefirstError("forbidden"));
    await run.remove();
    assert.deepEqual(lines, [
      [
        "could not delete Job checks/edgefirst-smoke-r1-1, which Kubernetes will delete an hour after it finishes: forbidden",
        true,
      ],
    ]);
    await run.remove();
    assert.equal(lines.length, 1, "nothing is left to delete");
    run = newRun();
    live = [];
    await look();
    cluster.delete = () => Promise.reject(new TypeError("bug"));
    await assert.rejects(run.remove(), /bug/);
  });
});
