import { promisify } from "node:util";
import { currentProcess } from "./scheduler.ts";

/** Replaces `node:child_process` where staging asks git about the checkout and about the history of the GitOps repository. */
export const execFile = Object.assign(
  (): never => {
    throw new Error("only the promisified execFile is simulated");
  },
  {
    [promisify.custom]: (_program: string, args: readonly string[]) => {
      const { commit, isAncestor } = currentProcess().args;
      const at = args.indexOf("--is-ancestor");
      if (at !== -1 && !isAncestor(args[at + 1] ?? "", args[at + 2] ?? ""))
        return Promise.reject(Object.assign(new Error("not an ancestor"), { code: 1 }));
      return Promise.resolve({ stdout: args.includes("rev-parse") ? commit : "", stderr: "" });
    },
  },
);
