import { Command } from "commander";
import type { PruneFlags } from "../toolchain.ts";

const HELP = `
Removes older versions of programs, interrupted downloads and the remains of killed builds from the cache that
\`edgefirst doctor\` shows. An older checkout has to download or build its programs again.

Examples:
  edgefirst toolchain prune --dry-run       list what would be removed
  edgefirst toolchain prune
  edgefirst toolchain prune --go-cache      empty Go's build cache for these programs as well (several GB)`;

/** `edgefirst toolchain …`: manages the cache of the programs that edgefirst runs. */
export const toolchainCommand = (): Command =>
  new Command("toolchain").addHelpText("afterAll", HELP).addCommand(prune());

const prune = (): Command =>
  new Command("prune")
    .description("remove programs that are no longer pinned from the cache")
    .option("--go-cache", "empty Go's build cache for these programs as well")
    .option("--dry-run", "only list what would be removed")
    .option("--json", "print the result as JSON")
    .action(async (flags: PruneFlags) => {
      await (await import("../toolchain.ts")).prune(flags);
    });
