import { Argument, Command } from "commander";

const HELP = `
Examples:
  source <(edgefirst completion bash)      in ~/.bashrc
  source <(edgefirst completion zsh)       in ~/.zshrc, after compinit
  edgefirst completion fish > ~/.config/fish/completions/edgefirst.fish`;

/** `edgefirst completion`: a script that completes commands, options and their values. */
export const completionCommand = (): Command =>
  new Command("completion")
    .addArgument(new Argument("<shell>", "the shell that the script is for").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", HELP)
    .action(async (shell: string) => {
      await (await import("../completion.ts")).completion(shell);
    });
