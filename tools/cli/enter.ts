import * as module from "node:module";
import { join } from "node:path";
import { userCache } from "../../lib/user-cache.ts";
import { VERSION } from "./version.ts";

/** Prints the version where that is all that the command line asks for; else runs it, with what Node compiles kept for the next run. */
export async function enter(run: (args: readonly string[]) => Promise<void>): Promise<void> {
  const [, , ...args] = process.argv;
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  // Compiling takes half of a lint's time. Node goes on without the cache where the folder cannot be written; Node 20 has no cache.
  (module as Partial<typeof module>).enableCompileCache?.(join(userCache(), "compiled"));
  await run(args);
}
