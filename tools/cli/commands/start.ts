import { Command } from "commander";
import { neighboursOption } from "./sandbox.ts";
import type { StartFlags } from "../start.ts";

const HELP = `
Starts a sandbox, rolls the platform out on edge, moves an app from its Ingress to a route, rolls out on main, and
shows what is healthy. \`edgefirst migrate route --write\` moves the app in the sandbox's copy of the repository,
<dir>/repository. The sandbox stays up, and you can re-run the command; \`edgefirst sandbox down\` stops it.

Examples:
  edgefirst start
  edgefirst start --neighbours
  edgefirst start --json | jq '.objects[] | select(.health.state == "failed")'`;

/** `edgefirst start`: runs the main workflow in a sandbox. */
export const startCommand = (): Command =>
  new Command("start")
    .option("--dir <dir>", "folder of the sandbox", ".sandbox")
    .option("--json", "print the result as JSON")
    .addOption(neighboursOption())
    .addHelpText("after", HELP)
    .action(async (flags: StartFlags) => {
      await (await import("../start.ts")).start(flags);
    });
