import type { Failure, Revocation, Verification } from "./evidence.ts";
import { INCONCLUSIVE } from "./inconclusive.ts";
import { unprovenBy } from "./weaknesses.ts";

/** The message that reports the result of a verification. */
export function summaryOf(record: Verification | Revocation): string {
  const { release, soak, checks } = record;
  const unproven = indented(checks.flatMap(unprovenBy));
  if (!("failures" in record))
    return [`Release ${release} is verified after a soak of ${soak} s.`, ...unproven].join("\n");
  return [
    `Verification of release ${release} failed. The release is revoked, and the gate refuses it to downstream stacks.`,
    ...failureLines(record.failures),
    ...unproven,
  ].join("\n");
}

/** The message that reports a verification without a result. */
export function inconclusiveSummary(
  release: string,
  { inconclusive, failures }: { readonly inconclusive: string; readonly failures: readonly Failure[] },
): string {
  return [
    `${INCONCLUSIVE}: verification of release ${release} has no result: ${inconclusive}. Nothing was recorded, and earlier evidence is unchanged. Run pulumi up again.`,
    ...failureLines(failures),
  ].join("\n");
}

function failureLines(failures: readonly Failure[]): string[] {
  return failures.map(({ check, object, message }) => `- ${check}: ${object}: ${message}`);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
