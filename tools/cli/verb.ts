import type { Command } from "commander";

/** A command of `edgefirst`, and what `edgefirst --help` says about it. */
export interface Verb {
  readonly name: string;
  readonly description: string;
  readonly group: string;
  /** Whether it drives Pulumi or the toolchain, and so runs the code from the project in the current directory. */
  readonly inProject: boolean;
  /** Loads the command with its arguments, options and help; `wantsHelp` adds what only the help shows. The code that it runs is loaded only
   * when it runs. */
  readonly load: (wantsHelp: boolean) => Promise<Command>;
}
