import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { evidenceSchema, type Evidence } from "../../staging/evidence.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { Engine, gatewayApiDirectory, type Run, type TestStack } from "../support/engine.ts";
import { applyGatewayApi } from "../support/gateway-api.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

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
const OVERRIDE = { reason: "edge is being rebuilt", expires: "2999-01-01T00:00:00Z" };

describe("engine: main after edge, on two clusters; the test writes the statuses of Traefik, and a server with Gatus' documented answers stands in for Gatus", function () {
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

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = clusters.sandbox;
    gatus = createServer((_, response) => {
      gatusAsked++;
      const result = { success: gatusIsUp, timestamp: new Date().toISOString() };
      const condition = { condition: "[STATUS] (502) == 200", success: gatusIsUp };
      response.end(
        JSON.stringify([{ key: "_app", results: [{ ...result, conditionResults: [condition] }] }]),
      );
    });
    await new Promise<void>((resolve) => gatus.listen(0, "127.0.0.1", resolve));
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
    const url = `http://127.0.0.1:${(gatus.address() as AddressInfo).port}`;
    edgeConfig = {
      ...platform("edge"),
      gateways: [{ ...PARENT, className: "traefik" }],
      verification: { ...VERIFICATION, gatus: { url } },
    };
    // What is wrong stays wrong: no need to watch it for long.
    failingConfig = { ...edgeConfig, verification: { ...VERIFICATION, timeout: "3s", gatus: { url } } };
  });
  after(() => {
    gatus.close();
    onEdge.close();
    onMain.close();
    engine.remove();
  });

  async function evidenceOf(stack: TestStack): Promise<Evidence> {
    return evidenceSchema.parse((await stack.outputs()).evidence);
  }

  /** What of the platform is on main, with the version of each. */
  async function stateOfMain(): Promise<unknown> {
    const { metadata } = (await onMain.get(GATUS)) ?? {};
    const namespaces = await onMain.list("v1", "Namespace");
    return [metadata?.resourceVersion, namespaces.map(({ metadata: { name } }) => name).sort()];
  }

  /** The objects in a stack's state. (The engine itself puts in the stack, and a provider for its own function that reads outputs.) */
  async function recorded(stack: TestStack): Promise<string[]> {
    const { deployment } = JSON.parse(await stack.exportState()) as {
      deployment: { resources?: { urn: string }[] };
    };
    return (deployment.resources ?? []).map(({ urn }) => urn).filter((urn) => !urn.includes("::pulumi:"));
  }

  /** Expects that an `up` is refused with this, and that nothing has changed on main. */
  async function refuses(stack: TestStack, ...expected: RegExp[]): Promise<void> {
    const before = [await stateOfMain(), await recorded(stack)];
    const run = await stack.up();
    assert.notEqual(run.code, 0, run.output);
    for (const text of expected) assert.match(run.output, text);
    assert.deepEqual([await stateOfMain(), await recorded(stack)], before);
  }

  const passes = ({ code, output }: Run): void => {
    assert.equal(code, 0, output);
  };
  const writeStatus = (path: string, status: object): Promise<unknown> =>
    clusters.api("edge").call("PATCH", `${path}/status`, {
      body: { status },
      contentType: "application/merge-patch+json",
    });
  /** A look of the verification from its beginning to its end: of the requests to Gatus, the first one may be of a look that is under way. */
  async function looked(): Promise<void> {
    const before = gatusAsked;
    await waitUntil("two looks", () => gatusAsked >= before + 3, LONG);
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

  /** A node that takes no pods, and Gatus' pod gone: its Deployment cannot get ready until the node takes pods again. */
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

  it("main is refused before edge: a stack that nobody knows", () =>
    refuses(main, /has no stack organization\/edgefirst\/edge/));

  it("main is refused before edge: a stack that never ran; its preview warns and goes on", async () => {
    edge = await engine.stack("edge", failingConfig);
    await refuses(main, /Stack edge has never been brought up/, /pulumi up --stack edge/);
    const preview = await main.previewText();
    assert.equal(preview.code, 0, preview.output);
    assert.match(preview.output, /warning: Stack edge has never been brought up/);
  });

  it("edge fails its verification with each failing object by name, and main stays refused", async () => {
    const first = edge.up();
    // What is unhealthy before an update is not blamed on it, so that the route comes once the update is under way.
    await waitUntil("the Gateway", async () => (await onEdge.get(GATEWAY_REFERENCE)) !== undefined, LONG);
    await onEdge.apply(ROUTE, { fieldManager: "test" });
    await writeStatus(ROUTE_PATH, routeStatus("False"));
    const run = await first;
    assert.notEqual(run.code, 0, run.output);
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

  it("edge passes, and then main; both remember it", async () => {
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
    passes(await edge.up());
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
    passes(await main.up());
    assert.equal((await evidenceOf(main)).verified[0]?.release, verified[0]!.release);
  });

  it("a preview exports the evidence as it was", async () => {
    const preview = await edge.previewText();
    passes(preview);
    assert.doesNotMatch(preview.output, /evidence/);
  });

  it("a state of edge that cannot be read, and evidence of an older format, refuse each with its own words", async () => {
    const state = join(engine.dir, "state/.pulumi/stacks/edgefirst/edge.json");
    const content = readFileSync(state, "utf8");
    const older = content.replaceAll('"version":1}', '"version":0}');
    try {
      writeFileSync(state, content.slice(1));
      await refuses(late, /The outputs of stack organization\/edgefirst\/edge cannot be read: /);
      writeFileSync(state, older);
      await refuses(late, /evidence of stack edge has format 0, and this program reads format 1/);
    } finally {
      writeFileSync(state, content);
    }
  });

  it("the same release again fails in a resource: the evidence stays, and the live look keeps others out", async () => {
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

  it("the same release again fails its verification: it is revoked, and nothing of main is deleted", async () => {
    const run = await edge.up();
    assert.notEqual(run.code, 0, run.output);
    assert.match(run.output, /rollouts: Deployment observability\/gatus: 0 of 1 available/);
    const { verified, revoked } = await evidenceOf(edge);
    assert.deepEqual([verified.length, revoked.length], [0, 1]);
    main.configure({ ...mainConfig, gatus: { install: false } });
    await refuses(main, /failed to verify release/);
    main.configure(mainConfig);
  });

  it("an override needs a reason and must not have expired; it is told and recorded", async () => {
    main.configure({ ...mainConfig, override: { expires: OVERRIDE.expires } });
    await refuses(
      main,
      /edgefirst:override\.reason: nothing is not valid; expected why the gate may be passed/,
    );
    main.configure({ ...mainConfig, override: { ...OVERRIDE, expires: "2020-01-01T00:00:00Z" } });
    await refuses(main, /override of the gate expired at 2020-01-01/, /failed to verify release/);
    main.configure({ ...mainConfig, override: OVERRIDE });
    const run = await main.up();
    passes(run);
    assert.match(run.output, /overridden until 2999-01-01T00:00:00Z: edge is being rebuilt/);
    assert.deepEqual((await evidenceOf(main)).verified[0]?.override, OVERRIDE);
    main.configure(mainConfig);
  });

  it("mended, edge passes again: a route that fails for a moment starts the soak anew, one that is reconciled does not", async () => {
    await cordon(false);
    edge.configure({ ...edgeConfig, verification: { ...edgeConfig.verification, soak: "5s" } });
    const { ended, output } = edge.startUp();
    // At its end the engine tells everything once more.
    const soaks = (): number => output().split("Diagnostics:")[0]!.split("the soak has begun").length - 1;
    const soakBegins = (count: number): Promise<unknown> =>
      waitUntil(`the soak to begin, ${count}`, () => soaks() === count, LONG);
    await soakBegins(1);
    await writeStatus(ROUTE_PATH, routeStatus("False"));
    await looked();
    await writeStatus(ROUTE_PATH, routeStatus("True"));
    await soakBegins(2);
    await writeStatus(ROUTE_PATH, routeStatus("Unknown"));
    await looked();
    await writeStatus(ROUTE_PATH, routeStatus("True"));
    const run = await ended;
    passes(run);
    assert.equal(soaks(), 2, run.output);
    assert.match(run.output, /every check holds; the soak goes on/);
    assert.ok((await evidenceOf(edge)).verified[0]!.soak >= 5);
  });

  it("and so does who comes after it", async () => {
    edge.configure(edgeConfig);
    passes(await main.up());
    assert.equal((await evidenceOf(main)).verified[0]?.override, undefined);
  });

  it("an update that removes what is broken passes, names it, and deletes it", async () => {
    await cordon(true);
    edge.configure({ ...edgeConfig, gatus: { install: false } });
    const run = await edge.up();
    passes(run);
    assert.match(
      run.output,
      /Pulumi deletes these after the verification.*: .*Deployment observability\/gatus/,
    );
    assert.equal(await onEdge.get(GATUS), undefined);
  });
});

const GATUS_CONFIG: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "gatus", namespace: "observability" },
};

/** Lets nobody change Gatus' configuration. */
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
