import { readDirectives } from "../rollout/directives.ts";
import { stackNamed } from "../rollout/plan.ts";
import { rollbackTarget, type EvidenceSource } from "../rollout/rollback.ts";
import { stackOutputs } from "../rollout/stack.ts";
import { decide } from "./exit-codes.ts";
import type { ProjectFlags } from "./commands/project-options.ts";
import { progress } from "./progress.ts";
import { openProject } from "./project.ts";

/** Flags of `edgefirst rollback`. */
export interface RollbackFlags extends ProjectFlags {
  readonly to?: string;
  readonly json?: true;
}

/** `edgefirst rollback`: prints the commit of an older verified release, and the commands that go back to it. */
export async function rollback(name: string, flags: RollbackFlags): Promise<void> {
  const project = await openProject(flags, progress);
  const { after } = stackNamed(project.stacks, name);
  const read = async (stack: string): Promise<EvidenceSource> => ({
    stack,
    outputs: await stackOutputs(project.address(stack)),
    directives: await readDirectives(project.address(stack)),
  });
  const [stack, ...upstream] = await Promise.all([read(name), ...after.map(read)]);
  const target = decide(() => rollbackTarget({ stack, upstream, to: flags.to }));
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
}
