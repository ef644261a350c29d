import assert from "node:assert/strict";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { Evidence } from "../../staging/evidence.ts";
import { stageUpdate } from "../../staging/staged-update.ts";
import type { StagingSettings } from "../../staging/staging-settings.ts";
import { markReference } from "../../staging/update-mark.ts";
import { waitUntil } from "../../tools/sandbox/wait.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { CLUSTER_UID, unreachable } from "../support/scripted-cluster.ts";
import {
  app,
  bringUp,
  eachInStagedWorld,
  HOUR_MS,
  OVERRIDE,
  SETTINGS,
  storedEvidence,
  valueOf,
  verifiedUpstream,
  type StagedWorld,
} from "./staged-update-double.ts";

describe("a staged update of edge, with an engine and a cluster in memory", () => {
  let world: StagedWorld;
  eachInStagedWorld((fresh) => {
    world = fresh;
  });

  it("is refused with every reason at once, and the webhook learns of it", async () => {
    await assert.rejects(
      stageUpdate(world.args({ after: ["lab", "canary"] })),
      /^EdgefirstError: Nothing was changed because of 2 errors:\n- The backend has no stack acme\/edgefirst\/lab/,
    );
    assert.deepEqual(world.events, ["refused"]);
    assert.match(world.received[0]!.message, /edgefirst\/lab[\s\S]*edgefirst\/canary/);
  });

  it("is refused on a cluster other than the one to which its provider in the state was applied", async () => {
    const type = "pulumi:providers:kubernetes";
    const urn = `urn:pulumi:edge::edgefirst::${type}::cluster`;
    world.resources = { [urn]: { type, outputs: { context: "edge", clusterIdentifier: "former" } } };
    await assert.rejects(stageUpdate(world.args()), /but stack edge was applied to cluster former/);
  });

  it("reads the provider in the state only if the configuration differs from what the last update declared", async () => {
    const declared = { kubeconfig: "/k", context: "edge", clusterIdentifier: "kept" };
    const cluster = { kubeconfig: "/k", context: "edge" };
    const urn = "urn:pulumi:edge::edgefirst::pulumi:providers:kubernetes::cluster";
    const outputs = { context: "edge", clusterIdentifier: "recorded" };
    world.resources = { [urn]: { type: "pulumi:providers:kubernetes", outputs } };
    const identifier = async (output: unknown, configured: StagingSettings["cluster"]): Promise<unknown> => {
      world.stacks.edge = { release: "r1", __evidence: storedEvidence("r1"), __provider: output };
      const { provider } = await stageUpdate(world.args({ cluster: configured }));
      const { context, kubeconfig } = configured;
      assert.deepEqual([provider.context, provider.kubeconfig], [context, kubeconfig]);
      return provider.clusterIdentifier;
    };
    assert.equal(await identifier(declared, cluster), "kept");
    assert.equal(await identifier(declared, { ...cluster, rebuilt: "former" }), "kept");
    assert.equal(await identifier({ ...declared, kubeconfig: undefined }, { context: "edge" }), "kept");
    for (const configured of [
      { ...cluster, kubeconfig: "/other" },
      { ...cluster, context: "admin@edge" },
      { context: "edge" },
    ])
      assert.equal(await identifier(declared, configured), "recorded");
    for (const output of [
      undefined,
      null,
      "text",
      [],
      {},
      { ...declared, clusterIdentifier: undefined },
      { ...declared, clusterIdentifier: "" },
      { ...declared, context: 1 },
    ])
      assert.equal(await identifier(output, cluster), "recorded", JSON.stringify(output));
  });

  it("uses the cluster's time, and says so, if this machine's clock is wrong", async () => {
    const args = world.args();
    const time = () => Promise.resolve(Date.now() + 2 * HOUR_MS);
    const update = await stageUpdate({ ...args, cluster: { ...world.cluster, time } as never });
    assert.match(world.logged.join("\n"), /^warn: This machine's clock is 7200 s behind the cluster's/m);
    const { verified } = (await bringUp(update)) ?? {};
    assert.ok(Date.parse(verified?.[0]?.time ?? "") > Date.now() + HOUR_MS);
  });

  it("is refused before it reads anything if its settings make no sense", async () => {
    const verification = { ...SETTINGS.verification, withoutSoak: undefined };
    await assert.rejects(stageUpdate(world.args({ verification })), /soak: 0s proves little/);
    assert.deepEqual(world.received, []);
  });

  it("is not refused in a preview, which warns, marks nothing, and does not know the evidence", async () => {
    await world.start({ preview: true });
    const args = world.args({ after: ["lab"] });
    const update = await stageUpdate(args);
    assert.match(world.logged.join("\n"), /^warn: The backend has no stack acme\/edgefirst\/lab/m);
    // A note stays a note.
    world.stacks.lab = verifiedUpstream({ soak: 1 });
    world.logged.length = 0;
    await stageUpdate(args);
    assert.match(world.logged.join("\n"), /^info: Stack lab verified release r2/m);
    assert.equal(await bringUp(update), undefined);
    assert.deepEqual(world.received, []);
    const mark = markReference({ project: "edgefirst", stack: "edge" });
    assert.equal(await args.cluster.get(mark), undefined);
  });

  it("goes ahead under an override, which its evidence and its history name", async () => {
    world.stacks.lab = outputsOf("r1", [verification("r1")]);
    const update = await stageUpdate(world.args({ after: ["lab"], override: OVERRIDE }));
    assert.match(
      world.logged.join("\n"),
      /^warn: The gate is overridden until [\s\S]*warn: Overridden: Stack lab/m,
    );
    const evidence = await bringUp(update);
    assert.deepEqual(evidence?.verified[0]?.override, OVERRIDE);
    const [move] = evidence.moves ?? [];
    assert.deepEqual([move?.movement, move?.outcome], ["forward", "verified"]);
    assert.ok(
      move?.allowed.some((line) => line.startsWith("Overridden: Stack lab has not verified release r2")),
    );
  });

  it("records which stacks are upstream, so that gates further downstream need not read their evidence", async () => {
    const lab = verifiedUpstream() as { evidence: Evidence };
    const of = async (fields: Partial<Evidence>): Promise<Pick<Evidence, "after" | "further">> => {
      world.stacks.lab = { ...lab, evidence: { ...lab.evidence, ...fields } };
      const { after, further } = (await bringUp(await stageUpdate(world.args({ after: ["lab"] }))))!;
      return { after, further };
    };
    assert.deepEqual(await of({ after: ["canary"], further: ["first"] }), {
      after: ["lab"],
      further: ["canary", "first"],
    });
    assert.deepEqual(await of({}), { after: ["lab"], further: undefined });
  });

  it("reports why pods are missing while the engine waits for its resources", async () => {
    const conditions = [{ type: "ReplicaFailure", status: "True", message: "exceeded quota" }];
    world.objects = () => [
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
    const update = await stageUpdate(world.args());
    await update.begin([]);
    mock.timers.enable({ apis: ["setInterval"] });
    try {
      const waiting = Promise.withResolvers<undefined>();
      update.evidence(pulumi.output(waiting.promise), []);
      const reported = () => world.logged.filter((line) => line.includes("still waiting for"));
      mock.timers.tick(5_000);
      await waitUntil("the report", () => reported().length > 0, { timeoutMs: 5_000 });
      assert.deepEqual(reported(), [
        "info: verification: still waiting for Deployment network/traefik: exceeded quota",
      ]);
      world.objects = () => [];
      waiting.resolve(undefined);
      await waitUntil("the verification", () => world.received.length > 0, { timeoutMs: 5_000 });
    } finally {
      mock.timers.reset();
    }
  });

  it("adds a verification that passes to the evidence, with what became of the notification", async () => {
    world.stacks.edge = { release: "r1", __evidence: storedEvidence("r1") };
    const listeners = process.listenerCount("SIGTERM");
    const update = await stageUpdate(world.args());
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
    assert.match(world.logged.at(-1) ?? "", /^info: Release r2 is verified after a soak of 0 s\./);
    assert.match(world.received[0]?.message ?? "", /^Release r2 is verified/);
    assert.equal(process.listenerCount("SIGTERM"), listeners);
    assert.equal(process.listenerCount("exit"), world.exits.length);
  });

  it("marks the update as begun before its first resource, and is unknown without that", async () => {
    const args = world.args();
    const update = await stageUpdate(args);
    assert.equal(await valueOf(update.evidence(pulumi.output({}), [])), undefined);
    await update.begin([]);
    const mark = await args.cluster.get(markReference({ project: "edgefirst", stack: "edge" }));
    assert.match(JSON.stringify(mark?.data), /r2/);
  });

  it("fails with exit code 32 and revokes the release if its verification fails", async () => {
    const verification = { ...SETTINGS.verification, timeout: "200ms" };
    const update = await stageUpdate(world.args({ verification }));
    await update.begin([]);
    world.objects = () => [app("False")];
    const evidence = (await valueOf(update.evidence(pulumi.output({}), []))) as Evidence;
    assert.deepEqual(
      evidence.revoked[0]?.failures.map(({ object }) => object),
      ["Kustomization apps/app"],
    );
    assert.equal(evidence.moves?.[0]?.outcome, "failed");
    assert.match(world.logged.at(-1) ?? "", /^error: Verification of release r2 failed\./);
    assert.deepEqual(world.events, ["failed"]);
    const [added] = process.listeners("exit").filter((each) => !world.exits.includes(each));
    const { exitCode } = process;
    added?.(0);
    const set = process.exitCode;
    process.exitCode = exitCode;
    assert.equal(set, 32);
  });

  it("keeps the stored evidence, and fails, if its verification has no result", async () => {
    const stored = storedEvidence("r1");
    world.stacks.edge = { release: "r1", __evidence: stored };
    const update = await stageUpdate(world.args());
    await update.begin([]);
    world.objects = unreachable;
    assert.deepEqual(await valueOf(update.evidence(pulumi.output({}), [])), stored);
    assert.match(
      world.logged.at(-1) ?? "",
      /^error: Inconclusive: verification of release r2 has no result: the cluster/,
    );
    assert.deepEqual(world.events, ["inconclusive"]);
    assert.equal(process.listenerCount("exit"), world.exits.length + 1);
  });

  it("ends its verification without a result when it is cancelled", async () => {
    const verification = { ...SETTINGS.verification, soak: "5m", timeout: "10m" };
    const update = await stageUpdate(world.args({ verification }));
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
    assert.match(world.logged.at(-1) ?? "", /^error: Inconclusive: .* it was cancelled\./);
    assert.deepEqual(added(), []);
  });

  it("warns of an entry of verification.ignore that has expired", async () => {
    const ignore = { "HelmRelease a/b": { reason: "no disk", owner: "alice", until: "2020-01-01" } };
    await stageUpdate(world.args({ verification: { ...SETTINGS.verification, ignore } }));
    assert.match(
      world.logged.join("\n"),
      /^warn: edgefirst:verification\.ignore no longer covers HelmRelease a\/b/m,
    );
  });

  it("reports the values of differing settings only on request", async () => {
    world.stacks.lab = verifiedUpstream({ settings: { placement: "own" } });
    const line = "placement is own in stack lab, and shared here";
    for (const verbose of [undefined, "1"]) {
      const debug = mock.method(pulumi.log, "debug", () => Promise.resolve());
      if (verbose === undefined) delete process.env.EDGEFIRST_VERBOSE;
      else process.env.EDGEFIRST_VERBOSE = verbose;
      try {
        await stageUpdate(world.args({ after: ["lab"] }));
      } finally {
        delete process.env.EDGEFIRST_VERBOSE;
        debug.mock.restore();
      }
      const isHidden = debug.mock.calls.some(({ arguments: [text] }) => (text as unknown) === line);
      assert.equal(isHidden, verbose === undefined);
      assert.equal(world.logged.includes(`info: gate: ${line}`), verbose === "1");
    }
  });
});
