import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import type { Evidence } from "../../staging/evidence.ts";
import type { StagedUpdate } from "../../staging/staged-update.ts";
import type { StagingSettings } from "../../staging/staging-settings.ts";
import type { StagedUpdateArgs } from "../../staging/update-args.ts";
import { outputsOf, verification } from "../support/evidence.ts";
import { listening } from "../support/listening.ts";
import { CLUSTER_UID, ready, scriptedCluster } from "../support/scripted-cluster.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { engineDouble, type EngineDouble } from "./engine-double.ts";

export const HOUR_MS = 3_600_000;
/** Settings with which a verification takes no time. */
export const SETTINGS: StagingSettings = {
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
/** An override that is in force. */
export const OVERRIDE = {
  reason: "the fix cannot wait",
  expires: new Date(Date.now() + HOUR_MS).toISOString(),
};

/** An app of another owner, on the cluster. */
export function app(status: "True" | "False"): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "app", namespace: "apps" },
    status: ready(status, "boom"),
  };
}

/** Evidence of the cluster in memory, as a backend stores it. */
export function storedEvidence(release: string): Evidence {
  const { evidence } = outputsOf(release, [verification(release)]) as { evidence: Evidence };
  return { ...evidence, cluster: { context: "edge", uid: CLUSTER_UID } };
}

/** Outputs of an upstream stack that verified release r2 an hour ago, on a cluster for which this machine has no context. */
export function verifiedUpstream(fields: object = {}): Readonly<Record<string, unknown>> {
  const time = new Date(Date.now() - HOUR_MS).toISOString();
  const outputs = outputsOf("r2", [verification("r2", { time, ...fields })]) as { evidence: Evidence };
  return { ...outputs, evidence: { ...outputs.evidence, cluster: { context: "none", uid: "other" } } };
}

/** What an output resolves to; undefined if it is unknown. */
export async function valueOf(output: pulumi.Output<unknown>): Promise<unknown> {
  const { isKnown, promise } = output as unknown as {
    isKnown: Promise<boolean>;
    promise: (withUnknowns?: boolean) => Promise<unknown>;
  };
  return (await isKnown) ? promise.call(output) : undefined;
}

/** Brings an update up, and returns the evidence that Pulumi would store. */
export async function bringUp(update: StagedUpdate): Promise<Evidence | undefined> {
  await update.begin([]);
  return (await valueOf(update.evidence(pulumi.output({}), []))) as Evidence | undefined;
}

/** The surroundings of an update of edge: an engine, a cluster and a webhook in memory. */
export class StagedWorld {
  /** Outputs of the stacks in the backend. */
  stacks: Record<string, Readonly<Record<string, unknown>>> = {};
  /** Resources in the state of edge. */
  resources: Record<string, { type: string; outputs: object }> = {};
  /** The objects on the cluster; the cluster cannot be reached while this throws. */
  objects: () => readonly KubeObject[] = () => [app("True")];
  /** What the webhook received. */
  received: { event: string; message: string }[] = [];
  /** Listeners for the end of this process that the test did not add: a failed update sets the exit code of its process. */
  readonly exits = process.listeners("exit");
  readonly #directory = temporaryDirectory("edgefirst-staged-");
  #double: EngineDouble | undefined;
  #server: Server | undefined;

  /** What the program has logged. */
  get logged(): string[] {
    return this.#double?.logged ?? [];
  }

  get events(): string[] {
    return this.received.map(({ event }) => event);
  }

  /** Starts the engine, again if it has been started. */
  async start(options: { readonly preview?: boolean } = {}): Promise<void> {
    this.#double?.restore();
    this.#double = await engineDouble((token, { name = "" }) => {
      if (token.endsWith("readStackResourceOutputs")) return { outputs: this.resources };
      const outputs = this.stacks[name.replace("acme/edgefirst/", "")];
      // Pulumi reads this field of an error from gRPC.
      if (outputs === undefined) throw Object.assign(new Error(), { details: `unknown stack "${name}"` });
      return { outputs };
    }, options);
    this.#server ??= await this.#listen();
  }

  get cluster() {
    return { ...scriptedCluster(() => this.objects()), time: () => Promise.resolve(Date.now()) };
  }

  /** Arguments of an update to release r2. */
  args(settings: Partial<StagingSettings> = {}, more: Partial<StagedUpdateArgs> = {}): StagedUpdateArgs {
    const { port } = this.#server?.address() as AddressInfo;
    return {
      settings: { ...SETTINGS, ...settings },
      release: "r2",
      manifests: {},
      compared: { placement: "shared" },
      project: this.#directory,
      cluster: this.cluster as never,
      secrets: { notifyWebhook: pulumi.output(`http://127.0.0.1:${port}/hook`) },
      gatus: null,
      authorizations: new Map(),
      ...more,
    };
  }

  end(): void {
    this.#double?.restore();
    this.#server?.close();
    for (const each of process.listeners("exit")) if (!this.exits.includes(each)) process.off("exit", each);
  }

  async #listen(): Promise<Server> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        this.received.push(JSON.parse(body) as (typeof this.received)[number]);
        response.end();
      });
    });
    await listening(server);
    return server;
  }
}

/** Gives each test of the calling suite a world of its own, with the engine started. */
export function eachInStagedWorld(use: (world: StagedWorld) => void): void {
  let world: StagedWorld;
  beforeEach(async () => {
    world = new StagedWorld();
    use(world);
    await world.start();
  });
  afterEach(() => {
    world.end();
  });
}
