import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeClient } from "../../kube/kube-client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { waitUntil } from "../sandbox/processes.ts";
import { fullConfiguration } from "../../test/support/configuration.ts";
import { Engine, type TestStack } from "../../test/support/engine.ts";
import { keep, ratios, seconds, spread, table } from "./measure.ts";
import { onClusters, program, succeeded } from "./platform.ts";

// npm run bench:engine: times a cold `up` of the whole platform, then several kinds of preview without changes. Each round runs every kind once.

const ROUNDS = 5;
const MODULES = "import '@pulumi/kubernetes'; export {};";

await onClusters(["edge", "main"], async ({ kubeconfig }) => {
  const folder = mkdtempSync(join(tmpdir(), "edgefirst-bench-programs-"));
  const engines: Engine[] = [];
  const engineOf = async (directory?: string): Promise<Engine> => {
    const engine = await Engine.create(directory);
    engines.push(engine);
    return engine;
  };
  try {
    const engine = await engineOf();
    const config = await fullConfiguration(kubeconfig, "edge");
    const stack = await engine.stack("edge", config);
    await up(stack, kubeconfig);

    const floor = await engineOf(program(join(folder, "empty"), "export {};"));
    const empty = await floor.stack("edge", {});
    const sdk = await engineOf(program(join(folder, "sdk"), MODULES));
    const imports = await sdk.stack("edge", {});
    for (const each of [empty, imports]) succeeded(await each.up());
    // Pulumi's default if Pulumi.yaml does not set `typescript`: the language host first loads a compiler.
    const compiler = { PULUMI_NODEJS_TYPESCRIPT: "true" };
    const preview = (of: TestStack, on: Engine, env?: NodeJS.ProcessEnv) => async (): Promise<void> => {
      succeeded(await on.run(["preview", "--non-interactive", "--stack", of.name], env));
    };
    const without = {
      ...config,
      gatewayApi: { install: false, source: (config.gatewayApi as { source: string }).source },
    };
    const kinds: readonly (readonly [string, () => Promise<void>])[] = [
      ["floor: an empty program", preview(empty, floor, compiler)],
      ["an empty program, `typescript: false`", preview(empty, floor)],
      ["the same, importing `@pulumi/kubernetes`", preview(imports, sdk)],
      ["the platform", preview(stack, engine)],
      ["the platform, with the compiler", preview(stack, engine, compiler)],
      [
        "the platform without the Gateway API CRDs",
        configured(stack, without, config, preview(stack, engine)),
      ],
      ["the floor, with the CLI's logs", logging(floor, preview(empty, floor, compiler))],
      ["the platform, with the CLI's logs (the default)", logging(engine, preview(stack, engine))],
    ];
    const times = new Map<string, number[]>(kinds.map(([name]) => [name, []]));
    for (const [, run] of kinds) await run();
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, run] of kinds) times.get(name)?.push(await seconds(run));
    const base = times.get(kinds[0]?.[0] ?? "") ?? [];
    keep(
      "preview",
      table(
        ["preview without changes", "seconds", "times the floor"],
        [...times].map(([name, values]) => [name, spread(values), spread(ratios(values, base))]),
      ),
    );
  } finally {
    for (const each of engines) each.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Turns the CLI's logs on for one run. */
function logging(engine: Engine, run: () => Promise<void>): () => Promise<void> {
  const folder = join(engine.dir, "pulumi/logs");
  return async () => {
    rmSync(folder, { recursive: true, force: true });
    await run();
    if (!existsSync(folder)) throw new Error("the CLI no longer writes logs");
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, "");
  };
}

function configured(stack: TestStack, config: object, usual: object, run: () => Promise<void>) {
  return async (): Promise<void> => {
    stack.configure({ ...config });
    await run().finally(() => {
      stack.configure({ ...usual });
    });
  };
}

/** Times one `up` on an empty cluster, and then how long it takes to apply the same objects to another cluster without Pulumi. */
async function up(stack: TestStack, kubeconfig: string): Promise<void> {
  const start = performance.now();
  const { ended, output } = stack.startUp();
  await waitUntil("the first resource", () => Promise.resolve(/kubernetes:\S+ \S+ creat/.test(output())), {
    timeoutMs: 60_000,
  });
  const first = (performance.now() - start) / 1_000;
  succeeded(await ended);
  const whole = (performance.now() - start) / 1_000;
  const objects = objectsOf(await stack.exportState());
  const client = new KubeClient({ kubeconfig, context: "main" });
  const applied = await seconds(() => applyAll(objects, client));
  const awaited = applied + (await seconds(() => rolledOut(objects, client)));
  client.close();
  keep(
    "up",
    table(
      ["once, on an empty cluster", "seconds"],
      [
        ["from the start of the CLI to the first resource", first.toFixed(2)],
        ["`up`, including all rollouts and a verification without a soak", whole.toFixed(2)],
        [
          `the same ${objects.length} objects by server-side apply, waiting only for the CRDs`,
          applied.toFixed(2),
        ],
        [
          "the same, then waiting for the Deployments to roll out: the lower bound for `up`",
          awaited.toFixed(2),
        ],
      ],
    ),
  );
}

/** Waits until the Deployments among the objects have rolled out. */
async function rolledOut(objects: readonly KubeObject[], client: KubeClient): Promise<void> {
  for (const deployment of objects.filter(({ kind }) => kind === "Deployment"))
    await waitUntil(
      `${describeObject(deployment)} to roll out`,
      async () => {
        const { status, spec } = (await client.get(deployment)) ?? deployment;
        const { availableReplicas = 0 } = (status ?? {}) as { availableReplicas?: number };
        return availableReplicas >= ((spec as { replicas?: number }).replicas ?? 1);
      },
      { timeoutMs: 60_000 },
    );
}

interface State {
  readonly deployment: {
    readonly resources: readonly {
      readonly type: string;
      readonly custom: boolean;
      readonly inputs?: KubeObject;
    }[];
  };
}

function objectsOf(state: string): KubeObject[] {
  const { deployment } = JSON.parse(state) as State;
  return deployment.resources
    .filter(({ type, custom }) => custom && type.startsWith("kubernetes:"))
    .map(({ inputs }) => inputs)
    .filter((object) => object !== undefined && object.kind !== "Secret") as KubeObject[];
}

/** Applies namespaces and CRDs first, then the rest in the order of Pulumi's state, in which dependencies come first. */
async function applyAll(objects: readonly KubeObject[], client: KubeClient): Promise<void> {
  const rank = ({ kind }: KubeObject): number =>
    ["Namespace", "CustomResourceDefinition"].includes(kind) ? 0 : 1;
  for (const object of objects.toSorted((one, other) => rank(one) - rank(other))) {
    await waitUntil(
      `the kind of ${describeObject(object)} to be served`,
      () => client.serves(object.apiVersion, object.kind),
      {
        timeoutMs: 30_000,
      },
    );
    await client.apply(object, { fieldManager: "bench", force: true });
  }
}
