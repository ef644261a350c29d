import type { Command } from "commander";

/** A command of `edgefirst`, and what `edgefirst --help` says about it. */
export interface Verb {
  readonly name: string;
  readonly description: string;
  readonly group: string;
  /** Whether it drives Pulumi or the toolchain, and so runs the code of the project in the current directory. */
  readonly inProject: boolean;
  /** Its arguments, options and help (`wantsHelp`: with what only the help shows). A command's file loads the code behind it only when it runs. */
  readonly load: (wantsHelp: boolean) => Promise<Command>;
}
