import { EdgefirstError } from "../lib/errors.ts";
import type { Finding } from "./client.ts";

/** A finding as a person reads it: message, then what to do. */
export function describeFinding({ message, hint }: Finding): string {
  return hint === undefined ? message : `${message}\n  ${hint}`;
}

/** Where findings that are no errors are printed. */
export interface FindingLog {
  warn(message: string): unknown;
  info(message: string): unknown;
}

/**
 * Passes warnings and information on, and throws where there are errors, all of them at once.
 * @throws {EdgefirstError} with every error finding, before anything is changed.
 */
export function enforce(findings: readonly Finding[], log: FindingLog): void {
  for (const finding of findings.filter(({ severity }) => severity === "info"))
    log.info(describeFinding(finding));
  for (const finding of findings.filter(({ severity }) => severity === "warning"))
    log.warn(describeFinding(finding));
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new EdgefirstError(
    `Nothing was changed: ${errors.length === 1 ? "one thing stands" : `${errors.length} things stand`} in the way.\n${errors
      .map((finding) => `- ${describeFinding(finding)}`)
      .join("\n")}`,
  );
}
