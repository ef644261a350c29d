import { Argument, Command } from "commander";
import type { Verb } from "../verb.ts";

const HELP = `
Examples:
  source <(edgefirst completion bash)      in ~/.bashrc
  source <(edgefirst completion zsh)       in ~/.zshrc, after compinit
  edgefirst completion fish > ~/.config/fish/completions/edgefirst.fish`;

/** `edgefirst completion`: prints a script that completes edgefirst's commands, options and values. */
export const completionCommand = (verbs: readonly Verb[]): Command =>
  new Command("completion")
    .addArgument(
      new Argument("<shell>", "the shell to write the script for").choices(["bash", "zsh", "fish"]),
    )
    .addHelpText("after", HELP)
    .action(async (shell: string) => {
      await (await import("../completion.ts")).completion(shell, verbs);
    });
