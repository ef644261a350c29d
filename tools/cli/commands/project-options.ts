import { Option } from "commander";

/** Flags that choose the project. */
export interface ProjectFlags {
  readonly dir?: string;
  readonly sandbox?: true;
}

/** `--dir` and `--sandbox`: which project a command works on. */
export const projectOptions = (): Option[] => [
  new Option("--dir <sandbox>", "folder of a sandbox, instead of the project in the current directory"),
  new Option("--sandbox", "the sandbox in .sandbox").implies({ dir: ".sandbox" }),
];
