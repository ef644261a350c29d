import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EdgefirstError } from "../../../lib/errors.ts";

/** The command line of an edgefirst project. */
const MAIN = "tools/cli/main.ts";

/**
 * Runs the command line with the code from the project in the current directory: in this process, or with the project's Node if this one
 * cannot run TypeScript.
 * @param command the command, for messages
 * @throws {EdgefirstError} if there is no project, or it is not installed
 */
export async function handOver(command: string): Promise<void> {
  const project = process.cwd();
  refuseOtherFolder(command, project);
  const main = join(project, MAIN);
  if (process.features.typescript) {
    await import(pathToFileURL(main).href);
    return;
  }
  const node = join(project, "node_modules/.bin/node");
  if (!existsSync(node))
    throw new EdgefirstError(
      `${command} runs the TypeScript sources in ${project}, which Node ${process.version} cannot run.`,
      "Install Node 24, then re-run the command.",
    );
  await runIn(node, main);
}

function refuseOtherFolder(command: string, project: string): void {
  const missing = ["Pulumi.yaml", MAIN].find((file) => !existsSync(join(project, file)));
  if (missing !== undefined)
    throw new EdgefirstError(
      `${command} runs in a clone of edgefirst, and ${project} is not one: it has no ${missing}.`,
      "Clone edgefirst, run `npm ci` in the clone, and re-run the command there.",
    );
  if (!existsSync(join(project, "node_modules/@pulumi/pulumi")))
    throw new EdgefirstError(
      `${command} needs Pulumi, and ${project} has no node_modules/@pulumi/pulumi.`,
      "Run `npm ci` there, then re-run the command.",
    );
}

/** Runs the same command line with another Node, and exits with its code. At a terminal, the child receives Ctrl-C twice, and treats both signals as one. */
async function runIn(node: string, main: string): Promise<void> {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGINT", forward).on("SIGTERM", forward);
  const [code] = (await once(child, "close")) as [number | null];
  process.off("SIGINT", forward).off("SIGTERM", forward);
  process.exitCode = code ?? 1;
}
