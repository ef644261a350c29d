import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { installFluxCrds } from "../sandbox/flux.ts";
import { sandboxDown, sandboxUp, type Sandbox } from "../sandbox/sandbox.ts";
import { PROJECT, type Run } from "../../test/support/engine.ts";

/** Runs `use` with temporary control planes that have Flux's CRDs. */
export async function onClusters(
  clusters: readonly string[],
  use: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const dir = temporaryFolder("bench");
  const progress = (): void => undefined;
  try {
    const sandbox = await sandboxUp({ dir: join(dir, "sandbox"), clusters, progress });
    for (const name of clusters) await installFluxCrds(sandbox.kubeconfig, name);
    await use(sandbox);
  } finally {
    await sandboxDown({ dir: join(dir, "sandbox"), progress, deleteData: true });
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Creates a folder with a Pulumi program that uses the project's language host and packages. */
export function program(directory: string, text: string): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "index.ts"), text);
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(
    join(directory, "Pulumi.yaml"),
    "name: floor\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
  );
  symlinkSync(join(PROJECT, "node_modules"), join(directory, "node_modules"));
  return directory;
}

/** Throws if the run failed. */
export function succeeded<R extends Run>(run: R): R {
  if (run.code !== 0) throw new Error(run.output);
  return run;
}
