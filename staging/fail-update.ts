import * as pulumi from "@pulumi/pulumi";

/** With this exit code, the language host prints only what was logged (`@pulumi/pulumi/cmd/run`, "logged a user actionable message"). */
const LOGGED = 32;

/** Fails the update with just this message. Outputs are stored: throwing would lose them, and logging an error alone leaves the exit code at 0. */
export function failUpdate(message: string): void {
  void pulumi.log.error(message);
  process.on("exit", () => {
    process.exitCode = LOGGED;
  });
}
