import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Evidence } from "../../staging/evidence.ts";
import { gateArgs, verificationArgs, type StagedUpdateArgs } from "../../staging/update-args.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { FakeClock } from "../support/scripted-cluster.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { engineDouble, type EngineDouble } from "./engine-double.ts";

const CLOCK = new FakeClock();
const EVIDENCE = outputsOf("r1", [verification("r1", { manifests: { crds: "a" } })]).evidence as Evidence;
const OWN = {
  uid: "u",
  release: "r1",
  evidence: EVIDENCE,
  verifiedOn: "u",
  output: undefined,
  provider: undefined,
};
const WINDOW = { days: ["mon"], from: "09:00", to: "17:00", zone: "UTC" };
const ENTRY = { reason: "why", owner: "alice", until: "2026-12-31" };
const ARGS = {
  release: "r1",
  manifests: { crds: "a" },
  compared: { placement: "shared" },
  project: "/project",
  cluster: "the cluster",
  secrets: {},
  gatus: null,
  probes: { discovered: true },
  authorizations: new Map([["https://status.example.com", "Bearer t"]]),
  settings: {
    after: ["edge"],
    override: { reason: "r", expires: "e" },
    checks: { queries: {}, http: {}, jobs: {} },
    verification: {
      soak: "5m",
      timeout: "15m",
      interval: "10s",
      patience: "2m",
      skip: { gatus: "none yet" },
      removed: { "HelmRelease a/b": "moved" },
      ignore: { "HelmRelease a/c": ENTRY, "HelmRelease a/d": { ...ENTRY, until: "2020-01-01" } },
    },
    gate: {
      maxAge: "24h",
      minAge: "1h",
      minSoak: "10m",
      patience: "30s",
      live: "required",
      unreachable: "refuse",
      requiredChecks: ["flux"],
      overrides: "refuse",
      accept: { placement: "why" },
      windows: [WINDOW],
      clusters: {},
    },
  },
} as unknown as StagedUpdateArgs;

describe("arguments of a staged update", () => {
  let double: EngineDouble;
  let asked: unknown[];
  const start = async (preview = false): Promise<void> => {
    asked = [];
    double = await engineDouble(
      (_, inputs) => {
        asked.push({ ...inputs });
        return { outputs: {} };
      },
      { preview },
    );
  };
  beforeEach(() => start());
  afterEach(() => {
    double.restore();
  });

  it("for the verification come from the configuration, with times in milliseconds", async () => {
    const gate = { findings: [], upstream: [], differences: [] };
    const { recorded, progress, clock, ...args } = verificationArgs(ARGS, OWN, gate, CLOCK);
    assert.deepEqual(args, {
      stack: "edge",
      release: "r1",
      manifests: { crds: "a" },
      project: "edgefirst",
      directory: "/project",
      cluster: "the cluster",
      uid: "u",
      gatus: null,
      probes: { discovered: true },
      repository: undefined,
      earlier: EVIDENCE,
      authorizations: ARGS.authorizations,
      settings: { placement: "shared" },
      differences: [],
      override: undefined,
      skip: { gatus: "none yet" },
      after: ["edge"],
      further: undefined,
      removed: { "HelmRelease a/b": "moved" },
      ownChecks: { queries: {}, http: {}, jobs: {}, window: "5m" },
      ignored: [{ object: "HelmRelease a/c", ...ENTRY }],
      timing: { soakMs: 300_000, timeoutMs: 900_000, intervalMs: 10_000, outageMs: 120_000 },
    } as never);
    assert.equal(clock, CLOCK);
    assert.deepEqual(await recorded(), []);
    assert.deepEqual(asked, [{ stackName: "acme/edgefirst/edge" }]);
    progress("it holds", true);
    assert.deepEqual(double.logged, ["info: verification: it holds"]);
  });

  it("for the gate come from the configuration; a preview does not wait for upstream stacks", async () => {
    const { readOutputs, readDirectives, connect: _, progress, clock, ...args } = gateArgs(ARGS, OWN, CLOCK);
    assert.equal(typeof _, "function");
    const expected = {
      project: "edgefirst",
      stack: "edge",
      release: "r1",
      manifests: { crds: "a" },
      current: "r1",
      own: EVIDENCE,
      after: ["edge"],
      maxAgeMs: 86_400_000,
      minAgeMs: 3_600_000,
      minSoakMs: 600_000,
      requiredChecks: ["flux"],
      overrides: "refuse",
      authorizations: ARGS.authorizations,
      settings: { placement: "shared" },
      accept: { placement: "why" },
      live: "required",
      unreachable: "refuse",
      patienceMs: 30_000,
      override: { reason: "r", expires: "e" },
      windows: [WINDOW],
    };
    assert.deepEqual(args, expected as never);
    assert.equal(clock, CLOCK);
    await readOutputs("main");
    await readDirectives("main");
    assert.deepEqual(asked, [{ name: "acme/edgefirst/main" }, { name: "acme/edgefirst-directives/main" }]);
    progress("edge is healthy");
    assert.deepEqual(double.logged, ["info: gate: edge is healthy"]);
    double.restore();
    await start(true);
    assert.equal(gateArgs(ARGS, OWN, CLOCK).patienceMs, 0);
  });

  it("connect to the cluster that the evidence names if this machine knows it, and to a configured one always", () => {
    const dir = temporaryDirectory("edgefirst-kubeconfig-");
    const kubeconfig = join(dir, "config");
    const context = (name: string) => ({ name, context: { cluster: "c", user: "u" } });
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
        users: [{ name: "u", user: { token: "t" } }],
        contexts: [context("test"), context("admin@edge")],
      }),
    );
    const connect = (clusters: object) => {
      const gate = { ...ARGS.settings.gate, clusters };
      const settings = { ...ARGS.settings, gate } as StagedUpdateArgs["settings"];
      return gateArgs({ ...ARGS, settings, kubeconfig }, OWN, CLOCK).connect;
    };
    const named = (name: string): Evidence => ({ ...EVIDENCE, cluster: { context: name, uid: "u" } });
    assert.equal(connect({})("edge", named("test"))?.context, "test");
    assert.equal(connect({})("edge", named("unknown")), undefined);
    assert.equal(
      connect({ edge: { context: "admin@edge" } })("edge", named("unknown"))?.context,
      "admin@edge",
    );
    assert.throws(() => connect({ edge: { context: "typo" } })("edge", named("test")), /typo/);
  });
});
