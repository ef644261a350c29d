import * as pulumi from "@pulumi/pulumi";

/** With this exit code, the language host prints only what was logged (`@pulumi/pulumi/cmd/run`, "logged a user actionable message"). */
const LOGGED = 32;

/**
 * Fails the update with only this message, and lets Pulumi store the outputs. Throwing would lose them, and only logging an error would leave the exit code at
 * 0.
 */
export function failUpdate(message: string): void {
  void pulumi.log.error(message);
  process.on("exit", () => {
    process.exitCode = LOGGED;
  });
}
