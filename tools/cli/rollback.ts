import { Command } from "commander";
import { stackNamed } from "../rollout/plan.ts";
import { rollbackTarget, type EvidenceSource } from "../rollout/rollback.ts";
import { stackOutputs } from "../rollout/stack.ts";
import { openProject, projectOptions, type ProjectFlags } from "./project.ts";

interface Flags extends ProjectFlags {
  readonly to?: string;
  readonly json?: true;
}

/** `edgefirst rollback`: which commit holds an older release that may be gone back to. */
export const rollback = new Command("rollback")
  .description("name the commit of an older release that the stacks before this one have verified")
  .argument("<stack>")
  .option("--to <release>", "this release, or commit, instead of the latest older one")
  .option("--json", "machine-readable output");
for (const option of projectOptions()) rollback.addOption(option);
rollback
  .addHelpText(
    "after",
    `
It changes nothing: check the commit out and bring the stack up from there, as it says. What was never verified, or whose
verification failed, is refused. A rollback moves no pin of the repository.

Examples:
  edgefirst rollback main
  edgefirst rollback main --to 1a2b3c4d5e6f`,
  )
  .action(async (name: string, flags: Flags) => {
    const project = await openProject(flags, progress);
    const { after } = stackNamed(project.stacks, name);
    const read = async (stack: string): Promise<EvidenceSource> => ({
      stack,
      outputs: await stackOutputs(project.address(stack)),
    });
    const [stack, ...before] = await Promise.all([read(name), ...after.map(read)]);
    const target = rollbackTarget({ stack, before, to: flags.to });
    const { release, commit, verified } = target;
    const steps = [
      `${name} can go back to release ${release}, verified by:`,
      ...verified.map((proof) => `  ${proof.stack} at ${proof.time}`),
      "",
      `  git checkout ${commit}`,
      "  npm ci",
      `  npx edgefirst rollout --only ${name}`,
    ];
    process.stdout.write(`${flags.json ? JSON.stringify(target, undefined, 2) : steps.join("\n")}\n`);
  });

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
