import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { waitUntil } from "../sandbox/processes.ts";
import { fullConfiguration } from "../../test/support/configuration.ts";
import { Engine, type TestStack } from "../../test/support/engine.ts";
import { clusterDir } from "../sandbox/cluster-state.ts";
import { CpuMeter } from "./cpu.ts";
import { keep, ratios, seconds, spread, table } from "./measure.ts";
import { applyAll, objectsOf, rolledOut } from "./plain-apply.ts";
import { onClusters, program, succeeded } from "./platform.ts";

// npm run bench:engine [-- ROUNDS]: times a cold `up` of the whole platform, then several kinds of preview without changes. Each round runs every kind once.

const ROUNDS = Number(process.argv[2] ?? "5");
const MODULES = "import '@pulumi/kubernetes'; export {};";

/** A kind of preview, and what runs it. */
type Kind = readonly [name: string, run: () => Promise<void>];

await onClusters(["edge", "main", "bare"], async ({ dir, kubeconfig }) => {
  const folder = temporaryFolder("bench-programs");
  try {
    const engine = await Engine.create();
    const config = await fullConfiguration(kubeconfig, "edge");
    const stack = await engine.stack("edge", config);
    await up(stack, kubeconfig);
    const bare = await engine.stack("bare", await withoutDescriptions(kubeconfig));
    succeeded(await bare.up());

    const floor = await Engine.create(program(join(folder, "empty"), "export {};"));
    const empty = await floor.stack("edge", {});
    const sdk = await Engine.create(program(join(folder, "sdk"), MODULES));
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
    const kinds: readonly Kind[] = [
      ["floor: an empty program", preview(empty, floor, compiler)],
      ["an empty program, `typescript: false`", preview(empty, floor)],
      ["the same, importing `@pulumi/kubernetes`", preview(imports, sdk)],
      ["the platform", preview(stack, engine)],
      ["the platform, with the compiler", preview(stack, engine, compiler)],
      ["the platform, its CRDs without descriptions", preview(bare, engine)],
      [
        "the platform without the Gateway API CRDs",
        configured(stack, without, config, preview(stack, engine)),
      ],
      ["the floor, with the CLI's logs", logging(floor, preview(empty, floor, compiler))],
      ["the platform, with the CLI's logs (the default)", logging(engine, preview(stack, engine))],
      ["the same, its CRDs without descriptions", logging(engine, preview(bare, engine))],
    ];
    keep("preview", await compare(kinds, new CpuMeter(clusterDir(dir, "edge"))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The configuration of a stack that applies the Gateway API's CRDs without descriptions. */
async function withoutDescriptions(kubeconfig: string): Promise<Record<string, unknown>> {
  const config = await fullConfiguration(kubeconfig, "bare");
  return { ...config, gatewayApi: { ...(config.gatewayApi as object), descriptions: false } };
}

/** Runs each kind of preview once per round. @returns a table with the time of each, on a clock and on the CPU, and its ratio to the first kind's */
async function compare(kinds: readonly Kind[], meter: CpuMeter): Promise<string> {
  const times = kinds.map(() => ({ clock: [] as number[], cpu: [] as number[] }));
  for (const [, run] of kinds) await run();
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, [, run]] of kinds.entries()) {
      const cpu = async (): Promise<void> => {
        times[index]?.cpu.push((await meter.during(run)).command);
      };
      times[index]?.clock.push(await seconds(cpu));
    }
  const [floor = { clock: [], cpu: [] }] = times;
  const rows = kinds.map(([name], index) => {
    const { clock, cpu } = times[index] ?? floor;
    return [
      name,
      spread(clock),
      spread(ratios(clock, floor.clock)),
      spread(cpu),
      spread(ratios(cpu, floor.cpu)),
    ];
  });
  return table(
    ["preview without changes", "seconds", "times the floor", "CPU seconds", "times the floor"],
    rows,
  );
}

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
    timeoutMs: 300_000,
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
