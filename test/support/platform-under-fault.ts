import assert from "node:assert/strict";
import { loadGatewayApi } from "../../kube/gateway-api-manifests.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { withoutStatus } from "../../components/shared/declare.ts";
import { loadPins } from "../../config/pins.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { Engine, gatewayApiDirectory, type Running, type TestStack, expectSuccess } from "./engine.ts";
import { START_TIMEOUT_MS, useSandbox } from "./sandbox.ts";

/** Gatus's Deployment, the only object that an update waits for. */
export const GATUS = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "gatus", namespace: "observability" },
};
/** Enough for operations that take seconds, even on a busy machine. */
export const SOON = { timeoutMs: 30_000 };

/** The result of {@link useFaultyPlatform}. */
export interface FaultyPlatform {
  readonly engine: Engine;
  readonly stack: TestStack;
  readonly cluster: KubeClient;
  readonly sandbox: ReturnType<typeof useSandbox>;
  readonly config: Readonly<Record<string, unknown>>;
  /** Adds an endpoint to Gatus, which changes its ConfigMap and its Deployment. */
  readonly change: (more?: Readonly<Record<string, unknown>>) => void;
  /** Cordons the node, starts an update with changes, and resolves once it waits for the Deployment. */
  readonly midUp: (env?: NodeJS.ProcessEnv) => Promise<Running>;
  /** Cordons or uncordons the node. */
  readonly takePods: (takes: boolean) => Promise<void>;
  /** Brings the stack up, and expects a preview without changes. */
  readonly reachesZeroDiff: () => Promise<void>;
}

/** A cluster with the Gateway API's CRDs, and a stack with few objects: only Gatus. That is enough to test failures, and each run takes only seconds. */
export function useFaultyPlatform(verification: Readonly<Record<string, unknown>> = {}): FaultyPlatform {
  const sandbox = useSandbox("edge");
  let platform: Pick<FaultyPlatform, "engine" | "stack" | "cluster" | "config"> | undefined;
  let changes = 0;
  const current = (): NonNullable<typeof platform> => {
    if (platform === undefined) throw new Error("the platform exists only inside tests and hooks");
    return platform;
  };
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    const { kubeconfig } = sandbox.sandbox;
    const cluster = new KubeClient({ kubeconfig, context: "edge" });
    const source = await gatewayApiDirectory();
    for (const definition of await loadGatewayApi({ ...loadPins().gatewayApi, source }))
      await cluster.apply(withoutStatus(definition), { fieldManager: "another-client" });
    const engine = await Engine.create();
    const config = {
      cluster: { context: "edge", kubeconfig },
      gatewayApi: { install: false, source },
      gatus: { install: true },
      ...verification,
    };
    platform = { engine, cluster, config, stack: await engine.stack("edge", config) };
  });
  after(() => {
    platform?.cluster.close();
  });

  const change = (more: Readonly<Record<string, unknown>> = {}): void => {
    const conditions = ["[CONNECTED] == true"];
    const endpoint = { name: "router", url: `icmp://192.0.2.${++changes}`, conditions };
    current().stack.configure({
      ...current().config,
      gatus: { install: true, endpoints: [endpoint] },
      ...more,
    });
  };
  const takePods = async (takes: boolean): Promise<void> => {
    const [node] = await current().cluster.list("v1", "Node");
    await sandbox.api().call("PATCH", `/api/v1/nodes/${node!.metadata.name}`, {
      body: { spec: { unschedulable: !takes } },
      contentType: "application/merge-patch+json",
    });
  };
  const generation = async (): Promise<number> =>
    ((await current().cluster.get(GATUS))?.metadata.generation as number | undefined) ?? 0;

  return {
    sandbox,
    change,
    takePods,
    get engine() {
      return current().engine;
    },
    get stack() {
      return current().stack;
    },
    get cluster() {
      return current().cluster;
    },
    get config() {
      return current().config;
    },
    midUp: async (env) => {
      await takePods(false);
      change();
      const before = await generation();
      const running = current().stack.startUp(env);
      await Promise.race([
        waitUntil("the update to change Gatus", async () => (await generation()) > before, SOON),
        running.ended.then(({ output }) => {
          throw new Error(`exited before it changed Gatus: ${output}`);
        }),
      ]);
      return running;
    },
    reachesZeroDiff: async () => {
      await expectSuccess(current().stack.up());
      const preview = await current().stack.preview();
      await expectSuccess(preview);
      assert.deepEqual(preview.changes, []);
    },
  };
}

/** An object without content, to apply or delete. */
export function bare(apiVersion: string, kind: string, name: string, namespace?: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
}
