import type { Command, Option } from "commander";

/** A word to complete, and its description. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What may follow one command. */
export interface CompletedCommand {
  /** Its words without the program name, such as `sandbox up`; empty for the program itself. */
  readonly path: string;
  /** Its subcommands, or the choices of its first argument. */
  readonly words: readonly Candidate[];
  /** Whether files may follow too. */
  readonly files: boolean;
  readonly options: readonly CompletedOption[];
}

/** An option of a command. */
export interface CompletedOption {
  /** Such as `-f` and `--follow`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The values, if they are a fixed set. */
  readonly choices: readonly string[];
}

/** The program itself and all its commands, and what a shell completes after each. */
export function completedCommands(program: Command): readonly CompletedCommand[] {
  return below(program, "");
}

function below(command: Command, path: string): CompletedCommand[] {
  const { commands, options } = command;
  const [first] = command.registeredArguments;
  const words =
    commands.length > 0
      ? commands.map((sub) => ({ word: sub.name(), description: sub.description() }))
      : (first?.argChoices ?? []).map((word) => ({ word, description: "" }));
  const help = { flags: ["-h", "--help"], description: "show help", takesValue: false, choices: [] };
  // Choices that the parser enforces leave no room for a file.
  const files = first !== undefined && first.parseArg === undefined;
  const completed = { path, words, files, options: [...options.map(completedOption), help] };
  return [completed, ...commands.flatMap((sub) => below(sub, `${path} ${sub.name()}`.trim()))];
}

function completedOption({
  short,
  long,
  description,
  required,
  optional,
  argChoices,
}: Option): CompletedOption {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return { flags, description, takesValue: required || optional, choices: argChoices ?? [] };
}
