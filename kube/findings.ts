import { EdgefirstError } from "../lib/errors.ts";
import type { Finding } from "./client.ts";

/** The text of a finding: the message, then what to do. */
export function describeFinding({ message, hint }: Finding): string {
  return hint === undefined ? message : `${message}\n  ${hint}`;
}

/** Prints findings other than errors. */
export interface FindingLog {
  warn(message: string): unknown;
  info(message: string): unknown;
}

/**
 * Prints warnings and notes, and throws if there are errors.
 * @throws {EdgefirstError} with all errors at once, before anything is changed
 */
export function enforce(findings: readonly Finding[], log: FindingLog): void {
  for (const finding of findings.filter(({ severity }) => severity === "info"))
    log.info(describeFinding(finding));
  for (const finding of findings.filter(({ severity }) => severity === "warning"))
    log.warn(describeFinding(finding));
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new EdgefirstError(
    `Nothing was changed because of ${errors.length === 1 ? "an error" : `${errors.length} errors`}:\n${errors
      .map((finding) => `- ${describeFinding(finding)}`)
      .join("\n")}`,
  );
}
