import { promisify } from "node:util";
import { currentProcess } from "./scheduler.ts";

/** Replaces `node:child_process` where staging asks git about the checkout. */
export const execFile = Object.assign(
  (): never => {
    throw new Error("only the promisified execFile is simulated");
  },
  {
    [promisify.custom]: (_program: string, args: readonly string[]) =>
      Promise.resolve({ stdout: args.includes("rev-parse") ? currentProcess().args.commit : "", stderr: "" }),
  },
);
