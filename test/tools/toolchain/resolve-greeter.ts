import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import { greeterIn } from "./greeter.ts";

/** Run as a process by the build tests: resolves the program of the module in a directory. */
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const root = process.argv[2];
if (root === undefined) throw new Error("usage: resolve-greeter.ts DIRECTORY");
const { path } = await resolveProgram("greeter", { programs: [greeterIn(root)], progress: say });
say(`path ${path}`);
