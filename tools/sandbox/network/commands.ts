import { execFile } from "node:child_process";
import { EdgefirstError } from "../../../lib/errors.ts";

/** Not every user has the system administration programs on PATH. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const TIMEOUT_MS = 20_000;

/**
 * Runs a system program with `input` as its standard input and returns its output.
 * @throws EdgefirstError with the program's message if it fails.
 */
export function run(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: SYSTEM_PATH, LC_ALL: "C" };
    const child = execFile(command, args, { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new EdgefirstError(`${command} ${args.join(" ")}: ${stderr.trim() || error.message}`));
    });
    // A program may exit without reading its input; then only its exit code counts.
    child.stdin?.on("error", () => undefined).end(input);
  });
}
