import { Command, CommanderError } from "commander";
import { EdgefirstError } from "../../lib/errors.ts";
import { EXIT, EXIT_CODES } from "./exit-codes.ts";
import { SHELL, VERBS } from "./verbs.ts";
import { VERSION } from "./version.ts";

const EXAMPLES = `
Examples:
  edgefirst lint .                    check the repository in the current directory
  edgefirst migrate .                 show the migration plan
  edgefirst rollout --dry-run         show what every stack would change
  edgefirst help rollout              options and examples of one command`;

/** Runs the command line with a project's own code; see packed/hand-over.ts. */
export type HandOver = (command: string) => Promise<void>;

/** Runs the command line and sets the exit code. The packed command passes `handOver` for commands that run a project's code. */
export async function runProgram(args: readonly string[], handOver?: HandOver): Promise<void> {
  // A reader such as `head` may close the pipe early.
  process.stdout.on("error", () => process.exit());
  try {
    const inProject = VERBS.find(({ name, inProject }) => inProject && name === args[0]);
    if (handOver && inProject && !wantsHelp(args)) await handOver(inProject.name);
    else await (await programFor(args)).parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    if (!(error instanceof CommanderError)) process.stderr.write(`${describe(error)}\n`);
    process.exitCode ??= EXIT.couldNotRun;
  }
}

/** The program with the command that the arguments name; the other commands have only a name and description. */
async function programFor(args: readonly string[]): Promise<Command> {
  const named = args[0] === "help" ? args[1] : args[0];
  const program = new Command("edgefirst")
    .usage("<command> [options]")
    .description(
      "The same platform layer on every cluster of a small GitOps fleet, proven on edge before main gets it",
    )
    .version(VERSION)
    .addHelpText("after", EXIT_CODES)
    .addHelpText("after", EXAMPLES);
  const help = new Command("help").argument("[command]", "name of the command");
  program.addHelpCommand(help.description("show the options and examples of a command").helpGroup(SHELL));
  for (const { name, description, group, load } of VERBS) {
    const command = name === named ? await load(wantsHelp(args)) : new Command(name);
    program.addCommand(command.description(description).helpGroup(group));
  }
  setManners(program, []);
  return program;
}

function wantsHelp(args: readonly string[]): boolean {
  return args[0] === "help" || args.includes("--help") || args.includes("-h");
}

/** Gives a command (`path`: the words that name it) and its subcommands the same error format and exit codes. */
function setManners(command: Command, path: readonly string[]): void {
  const needs = (_text: string, name: string): string => {
    const argument = command.registeredArguments.find((each) => each.name() === name);
    return `${path.join(" ")} needs <${name}>${argument?.description ? `: ${argument.description}` : ""}`;
  };
  command
    .exitOverride()
    .showHelpAfterError(`See ${["edgefirst", ...path].join(" ")} --help.`)
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /, "edgefirst: ").replace(/missing required argument '(.+)'/, needs));
      },
    });
  for (const sub of command.commands) setManners(sub, [...path, sub.name()]);
}

/** An error that a user can act on is printed as a sentence; anything else is a bug and keeps its stack trace. */
function describe(error: unknown): string {
  if (error instanceof EdgefirstError) return `edgefirst: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
