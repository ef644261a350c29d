import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import {
  Engine,
  gatewayApiDirectory,
  type TestStack,
  expectFailure,
  expectSuccess,
} from "../support/engine.ts";
import { applyGatewayApi } from "../support/gateway-api.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";
import { evidenceIn } from "../support/evidence.ts";
import { listening } from "../support/listening.ts";

const GATEWAY_API = "gateway.networking.k8s.io/v1";
const CLASS = `/apis/${GATEWAY_API}/gatewayclasses/traefik`;
const GATEWAY = `/apis/${GATEWAY_API}/namespaces/network/gateways/external`;
const ROUTE_PATH = `/apis/${GATEWAY_API}/namespaces/default/httproutes/app`;
const PARENT = { name: "external", namespace: "network" };
const GATEWAY_REFERENCE = { apiVersion: GATEWAY_API, kind: "Gateway", metadata: PARENT };
const ROUTE: KubeObject = {
  apiVersion: GATEWAY_API,
  kind: "HTTPRoute",
  metadata: { name: "app", namespace: "default" },
  spec: { parentRefs: [PARENT], hostnames: ["app.example.com"] },
};
const GATUS = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "gatus", namespace: "observability" },
};
const conditions = (status: "True" | "False" | "Unknown", ...types: string[]) =>
  types.map((type) => ({
    type,
    status,
    reason: "Test",
    message: "reported by the test",
    observedGeneration: 1,
    lastTransitionTime: "2026-01-31T12:00:00Z",
  }));
const LONG = { timeoutMs: 60_000 };
const VERIFICATION = { soak: "1s", timeout: "30s", interval: "500ms" };
const OVERRIDE = {
  reason: "edge is being rebuilt",
  expires: new Date(Date.now() + 3_600_000).toISOString(),
};

describe("engine: main downstream of edge on two clusters, with Traefik's statuses written by the test and a server that mimics Gatus's API", function () {
  this.timeout(120_000);
  const clusters = useSandbox("edge", "main");
  let engine: Engine;
  let edge: TestStack;
  let main: TestStack;
  let late: TestStack;
  let mainConfig: Record<string, unknown>;
  let edgeConfig: Record<string, unknown> & { readonly verification: Record<string, unknown> };
  let failingConfig: Record<string, unknown>;
  let onEdge: KubeClient;
  let onMain: KubeClient;
  let gatus: Server;
  let gatusIsUp = false;
  let gatusAsked = 0;
  /** When Gatus last probed; undefined while it probes all the time. */
  let lastProbe: string | undefined;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    gatus = createServer((_, response) => {
      gatusAsked++;
      const result = { success: gatusIsUp, timestamp: lastProbe ?? new Date().toISOString() };
      // Gatus adds the value only to a condition that fails.
      const condition = { condition: `[STATUS]${gatusIsUp ? "" : " (502)"} == 200`, success: gatusIsUp };
      response.end(
        JSON.stringify([{ key: "_app", results: [{ ...result, conditionResults: [condition] }] }]),
      );
    });
    const url = `http://${await listening(gatus)}`;
    engine = await Engine.create();
    onEdge = new KubeClient({ kubeconfig, context: "edge" });
    onMain = new KubeClient({ kubeconfig, context: "main" });
    await Promise.all([applyGatewayApi(onEdge), applyGatewayApi(onMain)]);
    const source = await gatewayApiDirectory();
    const platform = (context: string) => ({
      cluster: { context, kubeconfig },
      gatewayApi: { install: false, source },
      gatus: { install: true },
      verification: VERIFICATION,
    });
    mainConfig = { ...platform("main"), after: ["edge"], gate: { patience: "2s" } };
    main = await engine.stack("main", mainConfig);
    late = await engine.stack("late", mainConfig);
    edgeConfig = {
      ...platform("edge"),
      gateways: [{ ...PARENT, className: "traefik" }],
      verification: { ...VERIFICATION, gatus: { url } },
    };
    // These failures stay: no need to watch them for long.
    failingConfig = { ...edgeConfig, verification: { ...VERIFICATION, timeout: "3s", gatus: { url } } };
  });
  after(() => {
    gatus.close();
    onEdge.close();
    onMain.close();
  });

  async function evidenceOf(stack: TestStack): Promise<Evidence> {
    return evidenceIn(await stack.outputs());
  }

  /** The platform's objects on main, with their versions. */
  async function stateOfMain(): Promise<unknown> {
    const { metadata } = (await onMain.get(GATUS)) ?? {};
    const namespaces = await onMain.list("v1", "Namespace");
    return [metadata?.resourceVersion, namespaces.map(({ metadata: { name } }) => name).sort()];
  }

  /** The objects in a stack's state, without the stack itself and the engine's own provider. */
  async function recorded(stack: TestStack): Promise<string[]> {
    const { deployment } = JSON.parse(await stack.exportState()) as {
      deployment: { resources?: { urn: string }[] };
    };
    return (deployment.resources ?? []).map(({ urn }) => urn).filter((urn) => !urn.includes("::pulumi:"));
  }

  /** Expects `up` to be refused with these messages, and main to be unchanged. */
  async function refuses(stack: TestStack, ...expected: RegExp[]): Promise<void> {
    const before = [await stateOfMain(), await recorded(stack)];
    await expectFailure(stack.up(), ...expected);
    assert.deepEqual([await stateOfMain(), await recorded(stack)], before);
  }

  const writeStatus = (path: string, status: object): Promise<unknown> =>
    clusters.api("edge").call("PATCH", `${path}/status`, {
      body: { status },
      contentType: "application/merge-patch+json",
    });
  /** Waits for a whole round of checks; the first request to Gatus may belong to a round in progress. */
  async function fullRound(): Promise<void> {
    const before = gatusAsked;
    await waitUntil("a full round of checks", () => gatusAsked >= before + 3, LONG);
  }
  const routeStatus = (status: "True" | "False" | "Unknown") => ({
    parents: [
      {
        parentRef: PARENT,
        controllerName: "traefik.io/gateway-controller",
        conditions: conditions(status, "Accepted", "ResolvedRefs"),
      },
    ],
  });

  /** Cordons the node and deletes Gatus's pod: the Deployment cannot become ready until the node is uncordoned. */
  async function cordon(unschedulable: boolean): Promise<void> {
    const [node] = await onEdge.list("v1", "Node");
    await clusters.api("edge").call("PATCH", `/api/v1/nodes/${node!.metadata.name}`, {
      body: { spec: { unschedulable } },
      contentType: "application/merge-patch+json",
    });
    const pods = await onEdge.list("v1", "Pod", "observability");
    if (unschedulable) await Promise.all(pods.map((pod) => onEdge.delete(pod)));
    const wanted = unschedulable ? 0 : 1;
    await waitUntil(
      `Gatus on edge to have ${wanted} replicas`,
      async () => {
        const { availableReplicas = 0 } = (await onEdge.get(GATUS))!.status as { availableReplicas?: number };
        return availableReplicas === wanted;
      },
      LONG,
    );
  }

  it("refuses main while the stack edge does not exist", () =>
    refuses(main, /has no stack organization\/edgefirst\/edge/));

  it("refuses main before edge's first update; a preview of main warns and continues", async () => {
    edge = await engine.stack("edge", failingConfig);
    await refuses(main, /Stack edge has never been brought up/, /pulumi up --stack edge/);
    const preview = await main.previewText();
    await expectSuccess(preview);
    assert.match(preview.output, /warning: Stack edge has never been brought up/);
  });

  it("fails edge's verification with each failing object, and still refuses main", async () => {
    const first = edge.up();
    // Objects that are unhealthy before an update are excused, so the route is created during it.
    await waitUntil("the Gateway", async () => (await onEdge.get(GATEWAY_REFERENCE)) !== undefined, LONG);
    await onEdge.apply(ROUTE, { fieldManager: "test" });
    await writeStatus(ROUTE_PATH, routeStatus("False"));
    const run = await first;
    await expectFailure(run);
    for (const text of [
      /gateways: GatewayClass traefik: Accepted: Waiting for controller/,
      /gateways: Gateway network\/external: /,
      /routes: HTTPRoute default\/app: Accepted: reported by the test/,
      /gatus: Gatus endpoint _app of HTTPRoute default\/app: is down .* \[STATUS\] \(502\) == 200/,
    ])
      assert.match(run.output, text);
    assert.doesNotMatch(run.output, /\n\s+at .*\.ts:\d+/);
    const { verified, revoked } = await evidenceOf(edge);
    assert.deepEqual([verified.length, revoked.length], [0, 1]);
    await refuses(main, /failed to verify release/, /Gateway network\/external/);
  });

  it("lets edge pass, then main; both record it", async () => {
    await writeStatus(CLASS, { conditions: conditions("True", "Accepted") });
    await writeStatus(GATEWAY, {
      conditions: conditions("True", "Accepted", "Programmed"),
      listeners: [
        {
          name: "web",
          attachedRoutes: 1,
          supportedKinds: [],
          conditions: conditions("True", "Accepted", "ResolvedRefs", "Programmed"),
        },
      ],
    });
    await writeStatus(ROUTE_PATH, routeStatus("True"));
    gatusIsUp = true;
    edge.configure(edgeConfig);
    await expectSuccess(edge.up());
    const { verified, revoked } = await evidenceOf(edge);
    assert.deepEqual([verified.length, revoked.length], [1, 0]);
    assert.ok(verified[0]!.soak >= 1);
    assert.deepEqual(
      verified[0]!.checks.map(({ id, outcome }) => `${id} ${outcome}`),
      [
        "rollouts held",
        "gateways held",
        "routes held",
        "flux nothing",
        "gatus held",
        "declared held",
        "leftovers held",
      ],
    );
    await expectSuccess(main.up());
    assert.equal((await evidenceOf(main)).verified[0]?.release, verified[0]!.release);
  });

  it("keeps the evidence unchanged in a preview", async () => {
    const before = await evidenceOf(edge);
    const preview = await edge.previewText();
    await expectSuccess(preview);
    assert.doesNotMatch(preview.output, /__evidence|verified:/);
    assert.deepEqual(await evidenceOf(edge), before);
  });

  it("refuses main if edge's state is unreadable or its evidence has an unknown format", async () => {
    const state = join(engine.dir, "state/.pulumi/stacks/edgefirst/edge.json");
    const content = readFileSync(state, "utf8");
    const older = content.replaceAll('"version":2}', '"version":0}');
    try {
      writeFileSync(state, content.slice(1));
      await refuses(late, /Cannot read the outputs of stack organization\/edgefirst\/edge: /);
      writeFileSync(state, older);
      await refuses(late, /evidence of stack edge has format 0, which this program cannot read/);
    } finally {
      writeFileSync(state, content);
    }
  });

  it("keeps the evidence when the same release fails in a resource; the live check still refuses others", async () => {
    const before = await evidenceOf(edge);
    await onEdge.apply(denyConfigMaps("ValidatingAdmissionPolicy"), { fieldManager: "test" });
    await onEdge.apply(denyConfigMaps("ValidatingAdmissionPolicyBinding"), { fieldManager: "test" });
    const probe = { ...GATUS_CONFIG, data: { probe: "x" } };
    await waitUntil(
      "the policy to deny",
      () =>
        onEdge.apply(probe, { fieldManager: "test", dryRun: true, force: true }).then(
          () => false,
          () => true,
        ),
      LONG,
    );
    const endpoint = { name: "router", url: "icmp://192.0.2.1", conditions: ["[CONNECTED] == true"] };
    edge.configure({ ...edgeConfig, gatus: { install: true, endpoints: [endpoint] } });
    const run = await edge.up();
    assert.notEqual(run.code, 0);
    assert.match(run.output, /denied by the test/);
    assert.deepEqual(await evidenceOf(edge), before);
    await onEdge.delete(denyConfigMaps("ValidatingAdmissionPolicyBinding"));
    edge.configure(failingConfig);
    await cordon(true);
    await refuses(late, /is not healthy now/, /Deployment observability\/gatus: 0 of 1 available/);
  });

  it("revokes a release that fails its second verification, and deletes nothing on main", async () => {
    const run = await edge.up();
    await expectFailure(run);
    assert.match(run.output, /rollouts: Deployment observability\/gatus: 0 of 1 available/);
    const { verified, revoked } = await evidenceOf(edge);
    assert.deepEqual([verified.length, revoked.length], [0, 1]);
    main.configure({ ...mainConfig, gatus: { install: false } });
    await refuses(main, /failed to verify release/);
    main.configure(mainConfig);
  });

  it("requires an override to have a reason and a later expiry, reports it and records it", async () => {
    main.configure({ ...mainConfig, override: { expires: OVERRIDE.expires } });
    await refuses(main, /edgefirst:override\.reason: missing; expected a reason for the override/);
    main.configure({ ...mainConfig, override: { ...OVERRIDE, expires: "2020-01-01T00:00:00Z" } });
    await refuses(main, /gate override expired at 2020-01-01/, /failed to verify release/);
    main.configure({ ...mainConfig, override: OVERRIDE });
    const run = await main.up();
    await expectSuccess(run);
    assert.match(run.output, /overridden until .*Z: edge is being rebuilt/);
    assert.deepEqual((await evidenceOf(main)).verified[0]?.override, OVERRIDE);
    main.configure(mainConfig);
  });

  it("lets edge pass again once fixed: a failing route restarts the soak, a reconciling one does not", async () => {
    await cordon(false);
    edge.configure({ ...edgeConfig, verification: { ...edgeConfig.verification, soak: "5s" } });
    const { ended, output } = edge.startUp();
    // At the end the engine prints every message again.
    const soaks = (): number => output().split("Diagnostics:")[0]!.split("the soak has begun").length - 1;
    const soakBegins = (count: number): Promise<unknown> =>
      waitUntil(`the soak to begin, ${count}`, () => soaks() === count, LONG);
    await soakBegins(1);
    await writeStatus(ROUTE_PATH, routeStatus("False"));
    await fullRound();
    await writeStatus(ROUTE_PATH, routeStatus("True"));
    await soakBegins(2);
    await writeStatus(ROUTE_PATH, routeStatus("Unknown"));
    await fullRound();
    await writeStatus(ROUTE_PATH, routeStatus("True"));
    const run = await ended;
    await expectSuccess(run);
    assert.equal(soaks(), 2, run.output);
    assert.match(run.output, /every check holds; the soak continues/);
    assert.ok((await evidenceOf(edge)).verified[0]!.soak >= 5);
  });

  it("then lets main pass without the override", async () => {
    edge.configure(edgeConfig);
    await expectSuccess(main.up());
    assert.equal((await evidenceOf(main)).verified[0]?.override, undefined);
  });

  it("fails edge's verification while Gatus has only a success from before the update", async () => {
    lastProbe = new Date().toISOString();
    edge.configure(failingConfig);
    const run = await edge.up();
    await expectFailure(run);
    assert.match(
      run.output,
      /gatus: Gatus endpoint _app of HTTPRoute default\/app: no result since the update/,
    );
    lastProbe = undefined;
  });

  it("passes an update that removes a broken object, names the object and deletes it", async () => {
    await cordon(true);
    edge.configure({ ...edgeConfig, gatus: { install: false } });
    const run = await edge.up();
    await expectSuccess(run);
    assert.match(
      run.output,
      /Pulumi deletes these objects after the verification.*: .*Deployment observability\/gatus/,
    );
    assert.equal(await onEdge.get(GATUS), undefined);
  });
});

const GATUS_CONFIG: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "gatus", namespace: "observability" },
};

/** Denies changes to Gatus's configuration. */
function denyConfigMaps(kind: "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding"): KubeObject {
  const spec =
    kind === "ValidatingAdmissionPolicyBinding"
      ? { policyName: "test", validationActions: ["Deny"] }
      : {
          failurePolicy: "Fail",
          matchConstraints: {
            resourceRules: [
              { apiGroups: [""], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["configmaps"] },
            ],
          },
          validations: [{ expression: "object.metadata.name != 'gatus'", message: "denied by the test" }],
        };
  return { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata: { name: "test" }, spec };
}
