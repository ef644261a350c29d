import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { selfSigned } from "../../tools/sandbox/agent/self-signed.ts";
import { bare, GATUS, SOON, useFaultyPlatform } from "../support/platform-under-fault.ts";
import { commandOf, descendants } from "../support/running.ts";
import { evidenceIn } from "../support/evidence.ts";
import { expectFailure, expectSuccess } from "../support/engine.ts";

const CONFIG_MAP = bare("v1", "ConfigMap", "gatus", "observability");
const QUOTA = bare("v1", "ResourceQuota", "tight", "observability");
const RUNNER = "cmd/run/index.js";
const WEBHOOK = bare("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "test");

describe("engine: kills, refusals and manual edits during an update", function () {
  this.timeout(60_000);
  const platform = useFaultyPlatform();
  const { change, takePods, midUp, reachesZeroDiff } = platform;
  /** What a refused update must not change. */
  const left = async (): Promise<unknown> => [
    (await platform.cluster.get(GATUS))?.metadata.generation,
    (await platform.cluster.get(CONFIG_MAP))?.data,
    evidenceIn(await platform.stack.outputs()),
  ];

  it("a CLI killed in the first update: cancel, then up with another configuration, without a diff", async () => {
    const { pid, ended } = await midUp();
    const family = descendants(pid);
    assert.ok(family.length >= 3, "language host, program and provider");

    await expectFailure(platform.stack.up(), /the stack is currently locked by 1 lock\(s\)/, /pulumi cancel/);

    process.kill(pid, "SIGKILL");
    await ended;
    const program = family.filter((child) => commandOf(child).includes(RUNNER));
    await waitUntil("the program to end", () => program.every((child) => commandOf(child) === ""), SOON);
    // The language host checks for its engine every five minutes, the provider never.
    for (const child of family.filter((each) => commandOf(each) !== "")) process.kill(child, "SIGKILL");
    await expectFailure(platform.stack.up(), /the stack is currently locked/, new RegExp(`\\(pid ${pid}\\)`));
    await takePods(true);
    change();
    await expectSuccess(platform.stack.cancel());
    await reachesZeroDiff();
  });

  for (const [victim, command, said] of [
    ["the program", RUNNER, /Program exited with non-zero exit code/],
    ["the provider", "pulumi-resource-kubernetes", /pulumi-resource-kubernetes exited prematurely/],
  ] as const)
    it(`${victim} killed: the update reports it, the evidence stays, and the next update ends without a diff`, async () => {
      const evidence = evidenceIn(await platform.stack.outputs());
      assert.notEqual(evidence, undefined);
      const { pid, ended } = await midUp();
      const child = descendants(pid).find((each) => commandOf(each).includes(command));
      process.kill(child!, "SIGKILL");
      // The engine still waits for the provider.
      await takePods(true);
      await expectFailure(ended, said);
      assert.deepEqual(evidenceIn(await platform.stack.outputs()), evidence);
      await reachesZeroDiff();
    });

  it("a quota that blocks a rollout: reported while the engine waits", async () => {
    await platform.cluster.apply(
      { ...QUOTA, spec: { hard: { pods: "1" } } },
      { fieldManager: "another-client" },
    );
    change();
    const { ended, output } = platform.stack.startUp();
    await waitUntil(
      "the reason to be said",
      () => /still waiting for Deployment observability\/gatus: .*exceeded quota: tight/.test(output()),
      SOON,
    );
    await platform.cluster.delete(QUOTA);
    await expectSuccess(ended);
  });

  it("a manual edit between preview and up: refused with the field and its manager, until it is adopted", async () => {
    change();
    await expectSuccess(platform.stack.preview());
    const edited = { ...CONFIG_MAP, data: { "config.yaml": "endpoints: []" } };
    await platform.cluster.apply(edited, { fieldManager: "kubectl-edit", force: true });
    await expectFailure(
      platform.stack.up(),
      /ConfigMap observability\/gatus was edited after this stack applied it: data\.config\.yaml \(by kubectl-edit, /,
      /edgefirst:adopt/,
    );
    const live = await platform.cluster.get(CONFIG_MAP);
    assert.deepEqual(live?.data, edited.data);
    change({ adopt: ["ConfigMap observability/gatus"] });
    await expectSuccess(platform.stack.up());
    change();
    await reachesZeroDiff();
  });

  it("other owners' objects with copied labels: ignored by the verification, and left alone", async () => {
    const labels = (await platform.cluster.get(GATUS))?.metadata.labels;
    assert.equal(labels?.["edgefirst.dev/stack"], "edge");
    const copies = [
      { ...bare("v1", "ConfigMap", "gatus-backup", "observability"), data: { state: "copied" } },
      {
        ...bare("discovery.k8s.io/v1", "EndpointSlice", "gatus-mirror", "observability"),
        addressType: "IPv4",
        endpoints: [],
      },
    ].map((copy) => ({ ...copy, metadata: { ...copy.metadata, labels } }));
    for (const copy of copies) await platform.cluster.apply(copy, { fieldManager: "backup" });
    change();
    const run = await platform.stack.up();
    await expectSuccess(run);
    assert.doesNotMatch(run.output, /gatus-backup|gatus-mirror/);
    for (const copy of copies) {
      assert.notEqual(await platform.cluster.get(copy), undefined);
      await platform.cluster.delete(copy);
    }
  });

  it("a namespace stuck in deletion: names what it waits for", async () => {
    const stuck = bare("v1", "Namespace", "stuck");
    const kept = { ...stuck, metadata: { ...stuck.metadata, finalizers: ["example.com/keep"] } };
    await platform.cluster.apply(kept, { fieldManager: "another-client" });
    await platform.cluster.delete(stuck);
    const before = await left();
    change({ gatus: { install: true, namespace: "stuck" } });
    await expectFailure(
      platform.stack.up(),
      /Nothing was changed/,
      /Namespace stuck is being deleted .* waiting for example\.com\/keep/,
    );
    assert.deepEqual(await left(), before);
  });

  describe("an admission webhook", () => {
    let server: Server;
    /** Whether the API server accepts a change to the ConfigMap. */
    const admitted = (): Promise<boolean> => {
      const probe = { ...CONFIG_MAP, metadata: { ...CONFIG_MAP.metadata, labels: { probe: "x" } } };
      return platform.cluster.apply(probe, { fieldManager: "another-client", dryRun: true }).then(
        () => true,
        () => false,
      );
    };

    before(async () => {
      const { certificate, key } = await selfSigned("localhost");
      server = createServer({ cert: certificate, key }, (request, response) => {
        let body = "";
        request
          .on("data", (chunk: Buffer) => (body += chunk.toString()))
          .on("end", () => {
            const { uid } = (JSON.parse(body) as { request: { uid: string } }).request;
            const answer = { uid, allowed: false, status: { message: "said by the test" } };
            response.setHeader("content-type", "application/json");
            response.end(
              JSON.stringify({
                apiVersion: "admission.k8s.io/v1",
                kind: "AdmissionReview",
                response: answer,
              }),
            );
          });
      });
      await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
      const { port } = server.address() as AddressInfo;
      const webhook = {
        name: "no.example.com",
        clientConfig: {
          url: `https://localhost:${port}/`,
          caBundle: Buffer.from(certificate).toString("base64"),
        },
        rules: [
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["UPDATE"],
            resources: ["configmaps"],
            scope: "*",
          },
        ],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 2,
      };
      await platform.cluster.apply({ ...WEBHOOK, webhooks: [webhook] }, { fieldManager: "another-client" });
      await waitUntil("the webhook to refuse", async () => !(await admitted()), SOON);
    });
    after(() => {
      server.close();
    });

    it("that denies a request is named, with its message", async () => {
      change();
      await expectFailure(
        platform.stack.up(),
        /admission webhook "no\.example\.com" denied the request: said by the test/,
      );
    });

    it("that is down is named; once it is removed, the next update ends without a diff", async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await expectFailure(
        platform.stack.up(),
        /failed calling webhook "no\.example\.com".*connection refused/,
      );
      await platform.cluster.delete(WEBHOOK);
      await waitUntil("the webhook to be forgotten", admitted, SOON);
      await reachesZeroDiff();
    });
  });
});
