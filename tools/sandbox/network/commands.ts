import { execFile } from "node:child_process";
import { EdgefirstError } from "../../../lib/errors.ts";

/** Programs of the system's administration are not on every ordinary user's PATH. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const TIMEOUT_MS = 20_000;

/**
 * Runs a program of the system and returns what it prints; `input` goes to its standard input.
 * @throws EdgefirstError with the program's own words if it fails.
 */
export function run(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: SYSTEM_PATH, LC_ALL: "C" };
    const child = execFile(command, args, { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new EdgefirstError(`${command} ${args.join(" ")}: ${stderr.trim() || error.message}`));
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin?.on("error", () => undefined).end(input);
  });
}
