import { Command } from "commander";
import { STEPS } from "../migrate/registry.ts";
import { completedCommands } from "./completion/model.ts";
import { SHELLS } from "./completion/shells.ts";
import type { Verb } from "./verb.ts";

/** `edgefirst completion`: prints the completion script for a shell. */
export async function completion(shell: string, verbs: readonly Verb[]): Promise<void> {
  process.stdout.write(SHELLS[shell]?.(completedCommands(await wholeProgram(verbs))) ?? "");
}

/** The program with all its commands. */
async function wholeProgram(verbs: readonly Verb[]): Promise<Command> {
  const program = new Command("edgefirst").version("");
  for (const { name, description, load } of verbs) {
    const command = await load(false);
    // The first argument may also be a repository, so the parser must not enforce these choices.
    const [step] = command.registeredArguments;
    if (name === "migrate" && step) step.argChoices = [...STEPS.map(({ id }) => id), "all"];
    program.addCommand(command.description(description));
  }
  return program;
}
