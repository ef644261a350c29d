import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { stageUpdate, type StagedUpdate } from "../../staging/staged-update.ts";
import type { StagingSettings } from "../../staging/staging-settings.ts";
import type { StagedUpdateArgs } from "../../staging/update-args.ts";
import { markReference } from "../../staging/update-mark.ts";
import { waitUntil } from "../../tools/sandbox/wait.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { CLUSTER_UID, ready, scriptedCluster, unreachable } from "../support/scripted-cluster.ts";
import { GitRepository } from "../support/git.ts";
import { engineDouble, type EngineDouble } from "./engine-double.ts";

const HOUR_MS = 3_600_000;
const COMMIT = "c".repeat(40);
const SETTINGS: StagingSettings = {
  cluster: { context: "edge" },
  after: [],
  gate: {
    maxAge: "24h",
    live: "configured",
    unreachable: "refuse",
    patience: "0s",
    minAge: "0s",
    minSoak: "0s",
    requiredChecks: [],
    overrides: "accept",
    accept: {},
    windows: [],
    clusters: {},
  },
  verification: {
    soak: "0s",
    withoutSoak: "the test has no time",
    timeout: "10s",
    interval: "50ms",
    patience: "0s",
    skip: {},
    removed: {},
    ignore: {},
  },
  checks: { queries: {}, http: {}, jobs: {} },
  notify: { webhook: true, pushover: false, on: ["verified", "failed", "refused", "inconclusive"] },
  promotion: { pin: false },
};
type Outputs = Readonly<Record<string, unknown>>;
const app = (status: "True" | "False"): KubeObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name: "app", namespace: "apps" },
  status: ready(status, "boom"),
});

/** What an output resolves to; undefined if it is unknown. */
async function valueOf(output: pulumi.Output<unknown>): Promise<unknown> {
  const { isKnown, promise } = output as unknown as {
    isKnown: Promise<boolean>;
    promise: (withUnknowns?: boolean) => Promise<unknown>;
  };
  return (await isKnown) ? promise.call(output) : undefined;
}

describe("a staged update of edge, with an engine and a cluster in memory", () => {
  let double: EngineDouble;
  let server: Server;
  let received: { event: string; message: string }[];
  let directory: string;
  let objects: () => readonly KubeObject[];
  let stacks: Record<string, Outputs>;
  let resources: Record<string, { type: string; outputs: object }>;
  let exits: NodeJS.ExitListener[];

  const start = async (options: { preview?: boolean } = {}): Promise<void> => {
    double = await engineDouble((token, { name = "" }) => {
      if (token.endsWith("readStackResourceOutputs")) return { outputs: resources };
      const outputs = stacks[name.replace("acme/edgefirst/", "")];
      // Pulumi reads this field of an error from gRPC.
      if (outputs === undefined) throw Object.assign(new Error(), { details: `unknown stack "${name}"` });
      return { outputs };
    }, options);
  };
  before(async () => {
    directory = mkdtempSync(`${tmpdir()}/edgefirst-staged-`);
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        received.push(JSON.parse(body) as (typeof received)[number]);
        response.end();
      });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  beforeEach(() => {
    received = [];
    stacks = {};
    resources = {};
    objects = () => [app("True")];
    // A failed update sets the exit code of its process.
    exits = process.listeners("exit");
  });
  afterEach(() => {
    double.restore();
    for (const each of process.listeners("exit")) if (!exits.includes(each)) process.off("exit", each);
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  const cluster = () => ({ ...scriptedCluster(() => objects()), time: () => Promise.resolve(Date.now()) });
  const argsWith = (
    settings: Partial<StagingSettings> = {},
    more: Partial<StagedUpdateArgs> = {},
  ): StagedUpdateArgs => {
    const { port } = server.address() as AddressInfo;
    return {
      settings: { ...SETTINGS, ...settings },
      release: "r2",
      manifests: {},
      compared: { placement: "shared" },
      project: directory,
      cluster: cluster() as never,
      secrets: { notifyWebhook: pulumi.output(`http://127.0.0.1:${port}/hook`) },
      gatus: null,
      authorizations: new Map(),
      ...more,
    };
  };
  /** Brings the update up, and returns the evidence that Pulumi would store. */
  async function bringUp(update: StagedUpdate): Promise<Evidence | undefined> {
    await update.begin([]);
    return (await valueOf(update.evidence(pulumi.output({}), []))) as Evidence | undefined;
  }
  const verifiedLab = (fields: object = {}): Outputs => {
    const time = new Date(Date.now() - HOUR_MS).toISOString();
    const outputs = outputsOf("r2", [verification("r2", { time, ...fields })]) as { evidence: Evidence };
    return { ...outputs, evidence: { ...outputs.evidence, cluster: { context: "none", uid: "lab" } } };
  };
  const override = {
    reason: "the fix cannot wait",
    expires: new Date(Date.now() + HOUR_MS).toISOString(),
  };

  it("is refused with every reason at once, and the webhook learns of it", async () => {
    await start();
    await assert.rejects(
      stageUpdate(argsWith({ after: ["lab", "canary"] })),
      /^EdgefirstError: Nothing was changed because of 2 errors:\n- The backend has no stack acme\/edgefirst\/lab/,
    );
    assert.deepEqual(
      received.map(({ event }) => event),
      ["refused"],
    );
    assert.match(received[0]!.message, /edgefirst\/lab[\s\S]*edgefirst\/canary/);
  });

  it("is refused on a cluster other than the one to which its provider in the state was applied", async () => {
    await start();
    const type = "pulumi:providers:kubernetes";
    const urn = `urn:pulumi:edge::edgefirst::${type}::cluster`;
    resources = { [urn]: { type, outputs: { context: "edge", clusterIdentifier: "former" } } };
    await assert.rejects(stageUpdate(argsWith()), /but stack edge was applied to cluster former/);
  });

  it("uses the cluster's time, and says so, if this machine's clock is wrong", async () => {
    await start();
    const args = argsWith();
    const time = () => Promise.resolve(Date.now() + 2 * HOUR_MS);
    const update = await stageUpdate({ ...args, cluster: { ...cluster(), time } as never });
    assert.match(double.logged.join("\n"), /^warn: This machine's clock is 7200 s behind the cluster's/m);
    const { verified } = (await bringUp(update)) ?? {};
    assert.ok(Date.parse(verified?.[0]?.time ?? "") > Date.now() + HOUR_MS);
  });

  it("is refused before it reads anything if its settings make no sense", async () => {
    await start();
    const verification = { ...SETTINGS.verification, withoutSoak: undefined };
    await assert.rejects(stageUpdate(argsWith({ verification })), /soak is 0s/);
    assert.deepEqual(received, []);
  });

  it("is not refused in a preview, which warns, marks nothing, and does not know the evidence", async () => {
    await start({ preview: true });
    const args = argsWith({ after: ["lab"] });
    const update = await stageUpdate(args);
    assert.match(double.logged.join("\n"), /^warn: The backend has no stack acme\/edgefirst\/lab/m);
    // A note stays a note.
    stacks.lab = verifiedLab({ soak: 1 });
    double.logged.length = 0;
    await stageUpdate(args);
    assert.match(double.logged.join("\n"), /^info: Stack lab verified release r2/m);
    assert.equal(await bringUp(update), undefined);
    assert.deepEqual(received, []);
    const mark = markReference({ project: "edgefirst", stack: "edge" });
    assert.equal(await args.cluster.get(mark), undefined);
  });

  it("goes ahead under an override, which its evidence and its history name", async () => {
    await start();
    stacks.lab = outputsOf("r1", [verification("r1")]);
    const update = await stageUpdate(argsWith({ after: ["lab"], override }));
    assert.match(
      double.logged.join("\n"),
      /^warn: The gate is overridden until [\s\S]*warn: Overridden: Stack lab/m,
    );
    const evidence = await bringUp(update);
    assert.deepEqual(evidence?.verified[0]?.override, override);
    const [move] = evidence.moves ?? [];
    assert.deepEqual([move?.movement, move?.outcome], ["forward", "verified"]);
    assert.ok(
      move?.allowed.some((line) => line.startsWith("Overridden: Stack lab has not verified release r2")),
    );
  });

  it("goes ahead under an override even if the repository cannot be promoted, which becomes a warning", async () => {
    await start();
    stacks.lab = verifiedLab();
    const settings = { after: ["lab"], promotion: { pin: true }, override };
    await stageUpdate(argsWith(settings, { repository: repositoryOf("https://example.com/repository") }));
    assert.match(
      double.logged.join("\n"),
      /^warn: Cannot promote the repository from lab: its evidence names no/m,
    );
  });

  it("reports why pods are missing while the engine waits for its resources", async () => {
    await start();
    const conditions = [{ type: "ReplicaFailure", status: "True", message: "exceeded quota" }];
    objects = () => [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: {
          name: "traefik",
          namespace: "network",
          labels: { "edgefirst.dev/stack": "edge" },
          managedFields: [{ manager: "edgefirst", operation: "Apply" }],
        },
        spec: { replicas: 1 },
        status: { conditions },
      },
    ];
    const update = await stageUpdate(argsWith());
    await update.begin([]);
    mock.timers.enable({ apis: ["setInterval"] });
    try {
      const waiting = Promise.withResolvers<undefined>();
      update.evidence(pulumi.output(waiting.promise), []);
      const reported = () => double.logged.filter((line) => line.includes("still waiting for"));
      mock.timers.tick(5_000);
      await waitUntil("the report", () => reported().length > 0, { timeoutMs: 5_000 });
      assert.deepEqual(reported(), [
        "info: verification: still waiting for Deployment network/traefik: exceeded quota",
      ]);
      objects = () => [];
      waiting.resolve(undefined);
      await waitUntil("the verification", () => received.length > 0, { timeoutMs: 5_000 });
    } finally {
      mock.timers.reset();
    }
  });

  it("adds a verification that passes to the evidence, with what became of the notification", async () => {
    await start();
    stacks.edge = { release: "r1", __evidence: storedEvidence("r1") };
    const listeners = process.listenerCount("SIGTERM");
    const update = await stageUpdate(argsWith());
    assert.deepEqual(update.provider, { context: "edge", clusterIdentifier: CLUSTER_UID });
    assert.equal(update.ref, undefined);
    const evidence = await bringUp(update);
    assert.deepEqual(
      evidence?.verified.map(({ release }) => release),
      ["r2", "r1"],
    );
    const [move] = evidence.moves ?? [];
    const { began = "", ended = "" } = move ?? {};
    assert.ok(Date.parse(began) <= Date.parse(ended) && Date.parse(ended) <= Date.now());
    assert.deepEqual(
      [move?.from, move?.outcome, move?.notified],
      ["r1", "verified", [{ channel: "webhook", outcome: "sent" }]],
    );
    assert.match(double.logged.at(-1) ?? "", /^info: Release r2 is verified after a soak of 0 s\./);
    assert.match(received[0]?.message ?? "", /^Release r2 is verified/);
    assert.equal(process.listenerCount("SIGTERM"), listeners);
    assert.equal(process.listenerCount("exit"), exits.length);
  });

  it("marks the update as begun before its first resource, and is unknown without that", async () => {
    await start();
    const args = argsWith();
    const update = await stageUpdate(args);
    assert.equal(await valueOf(update.evidence(pulumi.output({}), [])), undefined);
    await update.begin([]);
    const mark = await args.cluster.get(markReference({ project: "edgefirst", stack: "edge" }));
    assert.match(JSON.stringify(mark?.data), /r2/);
  });

  it("fails with exit code 32 and revokes the release if its verification fails", async () => {
    await start();
    const verification = { ...SETTINGS.verification, timeout: "200ms" };
    const update = await stageUpdate(argsWith({ verification }));
    await update.begin([]);
    objects = () => [app("False")];
    const evidence = (await valueOf(update.evidence(pulumi.output({}), []))) as Evidence;
    assert.deepEqual(
      evidence.revoked[0]?.failures.map(({ object }) => object),
      ["Kustomization apps/app"],
    );
    assert.equal(evidence.moves?.[0]?.outcome, "failed");
    assert.match(double.logged.at(-1) ?? "", /^error: Verification of release r2 failed\./);
    assert.deepEqual(
      received.map(({ event }) => event),
      ["failed"],
    );
    const [added] = process.listeners("exit").filter((each) => !exits.includes(each));
    const { exitCode } = process;
    added?.(0);
    const set = process.exitCode;
    process.exitCode = exitCode;
    assert.equal(set, 32);
  });

  it("keeps the stored evidence, and fails, if its verification has no result", async () => {
    await start();
    const stored = storedEvidence("r1");
    stacks.edge = { release: "r1", __evidence: stored };
    const update = await stageUpdate(argsWith());
    await update.begin([]);
    objects = unreachable;
    assert.deepEqual(await valueOf(update.evidence(pulumi.output({}), [])), stored);
    assert.match(
      double.logged.at(-1) ?? "",
      /^error: Inconclusive: verification of release r2 has no result: the cluster/,
    );
    assert.deepEqual(
      received.map(({ event }) => event),
      ["inconclusive"],
    );
    assert.equal(process.listenerCount("exit"), exits.length + 1);
  });

  it("ends its verification without a result when it is cancelled", async () => {
    await start();
    const verification = { ...SETTINGS.verification, soak: "5m", timeout: "10m" };
    const update = await stageUpdate(argsWith({ verification }));
    await update.begin([]);
    const listeners = () => [...process.listeners("SIGTERM"), ...process.listeners("SIGINT")];
    const earlier = listeners();
    const evidence = valueOf(update.evidence(pulumi.output({}), []));
    const added = () => listeners().filter((each) => !earlier.includes(each));
    await waitUntil("the verification to listen to signals", () => added().length === 2, {
      timeoutMs: 5_000,
    });
    // To emit the signal would also end the tests.
    for (const listener of added()) listener("SIGTERM");
    assert.equal(await evidence, undefined);
    assert.match(double.logged.at(-1) ?? "", /^error: Inconclusive: .* it was cancelled\./);
    assert.deepEqual(added(), []);
  });

  it("warns of an entry of verification.ignore that has expired", async () => {
    await start();
    const ignore = { "HelmRelease a/b": { reason: "no disk", owner: "alice", until: "2020-01-01" } };
    await stageUpdate(argsWith({ verification: { ...SETTINGS.verification, ignore } }));
    assert.match(
      double.logged.join("\n"),
      /^warn: edgefirst:verification\.ignore no longer covers HelmRelease a\/b/m,
    );
  });

  it("reports the values of differing settings only on request", async () => {
    stacks.lab = verifiedLab({ settings: { placement: "own" } });
    const line = "placement is own in stack lab, and shared here";
    for (const verbose of [undefined, "1"]) {
      await start();
      const debug = mock.method(pulumi.log, "debug", () => Promise.resolve());
      if (verbose === undefined) delete process.env.EDGEFIRST_VERBOSE;
      else process.env.EDGEFIRST_VERBOSE = verbose;
      try {
        await stageUpdate(argsWith({ after: ["lab"] }));
      } finally {
        delete process.env.EDGEFIRST_VERBOSE;
        debug.mock.restore();
      }
      const isHidden = debug.mock.calls.some(({ arguments: [text] }) => (text as unknown) === line);
      assert.equal(isHidden, verbose === undefined);
      assert.equal(double.logged.includes(`info: gate: ${line}`), verbose === "1");
      double.restore();
    }
    await start();
  });

  it("pins the repository to what the upstream stack has verified, if so configured", async () => {
    const url = "https://example.com/repository";
    const at = (commit: string) => ({
      gitops: { kind: "GitRepository", url, revision: `main@sha1:${commit}` } as const,
    });
    const other = "d".repeat(40);
    stacks = { lab: verifiedLab(at(COMMIT)), canary: verifiedLab(at(other)) };
    const pinned = async (promotion: StagingSettings["promotion"]) => {
      await start();
      const args = argsWith({ after: ["lab", "canary"], promotion }, { repository: repositoryOf(url) });
      return (await stageUpdate(args)).ref?.commit;
    };
    assert.equal(await pinned({ pin: false }), undefined);
    assert.equal(await pinned({ pin: true }), COMMIT);
    assert.equal(await pinned({ pin: true, from: "canary" }), other);
    await start();
    const alone = await stageUpdate(argsWith({ promotion: { pin: true } }));
    assert.equal(alone.ref, undefined);
  });

  it("keeps the live pin when it goes back", async () => {
    await start();
    const commit = "e".repeat(40);
    objects = () => [liveSource(commit)];
    const evidence = storedEvidence("r3");
    const verified = [...evidence.verified, verification("r2")];
    stacks = { edge: { release: "r3", __evidence: { ...evidence, verified } }, lab: verifiedLab() };
    const repository = repositoryOf("https://example.com/repository");
    const { ref } = await stageUpdate(argsWith({ after: ["lab"], promotion: { pin: true } }, { repository }));
    assert.deepEqual(ref, { branch: "main", commit });
  });

  it("asks git whether the repository would move back, at its own address or at the configured one", async () => {
    const history = new GitRepository();
    try {
      const [older, newer] = [history.commit({ a: "1" }), history.commit({ a: "2" })];
      const promoted = async (url: string, [from, to]: readonly [string, string], at?: string) => {
        await start();
        objects = () => [liveSource(from)];
        const gitops = { kind: "GitRepository", url, revision: `main@sha1:${to}` } as const;
        stacks = { lab: verifiedLab({ gitops }) };
        const promotion = { pin: true, ...(at !== undefined && { history: at }) };
        const { ref } = await stageUpdate(
          argsWith({ after: ["lab"], promotion }, { repository: repositoryOf(url) }),
        );
        return ref?.commit;
      };
      assert.equal(await promoted(history.dir, [older, newer]), newer);
      assert.equal(await promoted("/nowhere", [older, newer], history.dir), newer);
      await assert.rejects(promoted(history.dir, [newer, older]), /so the repository would move back/);
    } finally {
      history.remove();
    }
  });
});

/** The Flux source of the stack's repository, as configured. */
function repositoryOf(url: string): StagedUpdateArgs["repository"] {
  const source = {
    kind: "GitRepository",
    url,
    ref: { branch: "main" },
    name: "fleet",
    namespace: "flux-system",
  };
  return {
    source,
    root: { name: "root", namespace: "flux-system" },
  } as unknown as StagedUpdateArgs["repository"];
}

/** The same source on the cluster, pinned to a commit. */
function liveSource(commit: string): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name: "fleet", namespace: "flux-system" },
    spec: { ref: { branch: "main", commit } },
    status: { artifact: { revision: `main@sha1:${commit}` } },
  };
}

/** Evidence of the cluster in memory, as a backend stores it. */
function storedEvidence(release: string): Evidence {
  const { evidence } = outputsOf(release, [verification(release)]) as { evidence: Evidence };
  return { ...evidence, cluster: { context: "edge", uid: CLUSTER_UID } };
}
