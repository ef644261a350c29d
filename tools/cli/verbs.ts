import type { Verb } from "./verb.ts";

const REPOSITORY = "A GitOps repository:";
const FLEET = "Stacks and clusters, in an edgefirst project:";
const LOCAL = "This machine, in an edgefirst project:";
/** Group of the commands about the command line itself. */
export const SHELL = "Shell:";

/** Every command, in the order of `edgefirst --help`. */
export const VERBS: readonly Verb[] = [
  {
    name: "lint",
    description: "check what a GitOps repository deploys to its clusters, built offline as Flux builds it",
    group: REPOSITORY,
    inProject: false,
    load: async () => (await import("./commands/lint.ts")).lintCommand(),
  },
  {
    name: "diff",
    description: "show what a change does to the objects in each cluster, the dangerous first",
    group: REPOSITORY,
    inProject: false,
    load: async () => (await import("./commands/diff.ts")).diffCommand(),
  },
  {
    name: "migrate",
    description: "move a GitOps repository to the Gateway API and OCI charts in small, proven steps",
    group: REPOSITORY,
    inProject: false,
    load: async (wantsHelp) => {
      const steps = wantsHelp ? (await import("../migrate/registry.ts")).STEPS : [];
      return (await import("./commands/migrate.ts")).migrateCommand(steps);
    },
  },
  {
    name: "init",
    description: "write a stack's configuration from a live cluster; changes nothing in it",
    group: FLEET,
    inProject: false,
    load: async () => (await import("./commands/init.ts")).initCommand(),
  },
  {
    name: "rollout",
    description: "update all stacks in the order of edgefirst:after, each verified before the next",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/rollout.ts")).rolloutCommand(),
  },
  {
    name: "status",
    description: "show what each stack runs, what it has verified, and how its last update ended",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/status.ts")).statusCommand(),
  },
  {
    name: "verify",
    description: "check that a stack is still as healthy as when it was verified",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/verify.ts")).verifyCommand(),
  },
  {
    name: "rollback",
    description: "name the commit of an older release that the upstream stacks have verified",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/rollback.ts")).rollbackCommand(),
  },
  {
    name: "history",
    description: "show what ran on a stack when, and why each move was allowed",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/history.ts")).historyCommand(),
  },
  {
    name: "hold",
    description: "freeze a stack until a given time: its gate and those after it refuse moves forward",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/hold.ts")).holdCommand(),
  },
  {
    name: "unhold",
    description: "end a hold before its time",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/hold.ts")).unholdCommand(),
  },
  {
    name: "revoke",
    description: "withdraw what a stack has proven about a release, or restore it",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/revoke.ts")).revokeCommand(),
  },
  {
    name: "export",
    description: "write the stacks and their order for the Pulumi operator or for GitHub Actions",
    group: FLEET,
    inProject: true,
    load: async () => (await import("./commands/export.ts")).exportCommand(),
  },
  {
    name: "start",
    description: "try everything in a sandbox: roll out on edge, move an app, roll out on main",
    group: LOCAL,
    inProject: true,
    load: async () => (await import("./commands/start.ts")).startCommand(),
  },
  {
    name: "tour",
    description: "see in a sandbox how a broken app on edge blocks main, in about five minutes",
    group: LOCAL,
    inProject: true,
    load: async () => (await import("./commands/tour.ts")).tourCommand(),
  },
  {
    name: "sandbox",
    description: "run real Kubernetes control planes on this machine",
    group: LOCAL,
    inProject: true,
    load: async () => (await import("./commands/sandbox.ts")).sandboxCommand(),
  },
  {
    name: "doctor",
    description: "list the programs that edgefirst runs, what is missing, and the size of their cache",
    group: LOCAL,
    inProject: true,
    load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  },
  {
    name: "toolchain",
    description: "manage the cache of the programs that edgefirst runs",
    group: LOCAL,
    inProject: true,
    load: async () => (await import("./commands/toolchain.ts")).toolchainCommand(),
  },
  {
    name: "completion",
    description: "print a completion script for bash, zsh or fish",
    group: SHELL,
    inProject: false,
    load: async () => (await import("./commands/completion.ts")).completionCommand(VERBS),
  },
];
