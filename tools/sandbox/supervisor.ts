import { resolve } from "node:path";
import { nodeProgram } from "./node-program.ts";
import { findProcess, isAlive, startProcess } from "./processes.ts";
import { inSandboxDir, type SandboxDirOptions } from "./sandbox-dir.ts";

/** Options of {@link superviseSandbox}. */
export interface SuperviseOptions extends SandboxDirOptions {
  /** The sandbox's folder. */
  readonly dir: string;
}

/**
 * Starts the supervisor unless it is running: a process that restarts the sandbox's processes if they exit without `edgefirst sandbox down`,
 * which stops the supervisor first.
 */
export async function superviseSandbox(options: SuperviseOptions): Promise<void> {
  const dir = resolve(options.dir);
  await inSandboxDir(dir, options, async () => {
    const known = findProcess(dir, "supervisor");
    if (known !== undefined && isAlive(known)) return;
    const args = nodeProgram("supervisor/main.ts");
    await startProcess(dir, { name: "supervisor", command: process.execPath, args, cwd: dir });
  });
}
