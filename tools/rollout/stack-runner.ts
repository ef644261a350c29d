import { readEvidence, standingOf } from "../../staging/evidence.ts";
import { type Runner } from "./run.ts";
import { lastUpdate, previewStack, stackOutputs, upStack, type StackAddress } from "./stack.ts";
import { countsText, type EngineSummary } from "./summary.ts";

/** Arguments of {@link stackRunner}. */
export interface StackRunnerArgs {
  readonly address: (stack: string) => StackAddress;
  /** Directory of the policy pack for previews and updates. */
  readonly policyPack?: string | undefined;
  /** Take over the lock of an update on this machine whose process has exited. */
  readonly takeOver: boolean;
  readonly approve: Runner["approve"];
}

/** A runner for real stacks. */
export function stackRunner({ address, policyPack, takeOver, approve }: StackRunnerArgs): Runner {
  return {
    approve,
    isDone: (stack, { outputs }) => hasVerified(address(stack), outputs.release),
    preview: (stack, report, signal) => previewStack(address(stack), { report, signal, policyPack }),
    up: async (stack, report, signal) => {
      const summary = await upStack(address(stack), { report, signal, policyPack, takeOver });
      return doneText(stack, summary);
    },
  };
}

/** Whether the stack has verified this release, and no update has failed since. */
async function hasVerified(address: StackAddress, release: unknown): Promise<boolean> {
  const read = readEvidence(address.name, await stackOutputs(address));
  if (read.state !== "present" || standingOf(read.evidence, String(release)).state !== "verified")
    return false;
  return (await lastUpdate(address))?.result === "succeeded";
}

function doneText(stack: string, summary: EngineSummary): string {
  const counts = countsText(summary).replaceAll(/ to (create|update|replace|delete|forget)/gi, " $1d");
  const read = readEvidence(stack, summary.outputs);
  const standing =
    read.state === "present" ? standingOf(read.evidence, String(summary.outputs.release)) : undefined;
  if (standing?.state !== "verified") return counts;
  const { release, soak, checks } = standing.record;
  const open = checks.filter(({ outcome }) => outcome === "notChecked").map(({ id }) => id);
  const left = open.length === 0 ? "" : `, not checked: ${open.join(", ")}`;
  return `${counts}; release ${release} verified after ${soak} s of soak${left}`;
}
