import { type RootHookObject } from "mocha";
import { START_TIMEOUT_MS, discardAll, killAll } from "./sandbox.ts";
import { removeTemporary } from "./temporary.ts";

/** Loaded by mocha before any test, so that no sandbox and no directory of a test outlives the run. */
export const mochaHooks: RootHookObject = {
  async afterAll(this: Mocha.Context) {
    this.timeout(START_TIMEOUT_MS);
    await discardAll();
    removeTemporary();
  },
};

// An interrupted run reaches no hook, and a sandbox's processes do not receive the terminal's Ctrl-C.
process.on("exit", killAll);
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => process.exit(code));
}
