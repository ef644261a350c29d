import * as module from "node:module";
import { join } from "node:path";
import { userCache } from "../../lib/user-cache.ts";
import { VERSION } from "./version.ts";

/** Prints the version, or runs the command line with Node's compile cache, and with what an older Node lacks. */
export async function enter(run: (args: readonly string[]) => Promise<void>): Promise<void> {
  const [, , ...args] = process.argv;
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  // Compilation takes half the time of a lint run. Node ignores a folder that it cannot write to; Node 20 has no compile cache.
  (module as Partial<typeof module>).enableCompileCache?.(join(userCache(), "compiled"));
  if (!("escape" in RegExp)) await import("./older-node.ts");
  await run(args);
}
