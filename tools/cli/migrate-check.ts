import { EdgefirstError } from "../../lib/errors.ts";
import type { CheckReport } from "../migrate/live/check.ts";
import type { Step, StepContext } from "../migrate/step.ts";

/** Flags of `edgefirst migrate --check`. */
export interface CheckFlags {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly cluster?: string;
  readonly format: "text" | "markdown" | "json";
}

/**
 * `edgefirst migrate STEP REPO --check`: reports whether it is safe to continue; changes nothing.
 * @returns the exit code: 0 safe, 1 not safe
 * @throws {EdgefirstError} if the step has nothing to check, or the cluster cannot be read
 */
export async function checkLive(step: Step, context: StepContext, flags: CheckFlags): Promise<number> {
  if (!step.check)
    throw new EdgefirstError(
      `The ${step.id} step has no live check.`,
      "Omit --check: the step is proven offline.",
    );
  if (flags.context === undefined)
    throw new EdgefirstError(
      "--check needs a cluster.",
      "Name a context from the kubeconfig: --context edge.",
    );
  const { KubeClient } = await import("../../kube/kube-client.ts");
  const client = new KubeClient({ context: flags.context, kubeconfig: flags.kubeconfig });
  try {
    await client.version();
    const clusters = [chosen(context, flags.cluster ?? flags.context)];
    const report = await step.check({ ...context, clusters }, client);
    process.stdout.write(
      flags.format === "json" ? `${JSON.stringify(report, undefined, 2)}\n` : formatCheck(report),
    );
    return report.safe ? 0 : 1;
  } finally {
    client.close();
  }
}

/** The repository's only cluster, or the one with that name: `kubernetes/edge`, or `edge`. */
function chosen({ clusters }: StepContext, name: string): StepContext["clusters"][number] {
  const [only, ...others] = clusters;
  if (only && others.length === 0) return only;
  const found = clusters.find((cluster) => cluster.name === name || cluster.name.endsWith(`/${name}`));
  if (found) return found;
  throw new EdgefirstError(
    `The repository has no cluster ${name}.`,
    clusters.length === 0
      ? "It has none that can be built: edgefirst lint . says why."
      : `Choose one with --cluster NAME. Its clusters: ${clusters.map((cluster) => cluster.name).join(", ")}.`,
  );
}

function formatCheck({ step, cluster, context, phase, safe, obstacles, notes, next }: CheckReport): string {
  const verdict = safe ? "safe to continue" : "NOT safe to continue";
  return [
    `${step}: ${cluster}, phase ${phase}, in context ${context}: ${verdict}.`,
    ...obstacles.map((line) => `  ${line}`),
    ...notes.map((line) => `  note: ${line}`),
    next,
    "",
  ].join("\n");
}
