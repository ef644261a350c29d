import { counted } from "../lib/counted.ts";
import { EVIDENCE_OUTPUT } from "./evidence-output.ts";
import { readEvidence, standingOf, type Failure, type Revocation, type Verification } from "./evidence.ts";
import { INCONCLUSIVE } from "./inconclusive.ts";
import { unprovenBy, weaknessesOf } from "./weaknesses.ts";

/** The message that reports the result of a verification. */
export function summaryOf(record: Verification | Revocation): string {
  const { release, soak, checks } = record;
  const unproven = indented(checks.flatMap(unprovenBy));
  if (!("failures" in record))
    return [`Release ${release} is verified after a soak of ${soak} s.`, ...unproven].join("\n");
  return [
    `Verification of release ${release} failed. The release is revoked, and the gate of each downstream stack refuses it.`,
    ...failureLines(record.failures),
    ...unproven,
  ].join("\n");
}

/**
 * What a stack's evidence says about a release, in one line.
 * @param value the evidence as it is in the outputs
 */
export function evidenceLine(release: string, value: unknown): string {
  const read = readEvidence("", { [EVIDENCE_OUTPUT]: value });
  const standing = read.state === "present" ? standingOf(read.evidence, release) : undefined;
  if (standing === undefined || standing.state === "unknown") return `release ${release} is not verified`;
  const { record } = standing;
  if (standing.state === "revoked") {
    const [first] = standing.record.failures;
    const failures = counted(standing.record.failures.length, "failure");
    return `release ${release} failed its verification at ${record.time}: ${failures}, the first of them ${first?.object ?? ""}`;
  }
  const weak = weaknessesOf(record).length;
  const unproven = weak === 0 ? "" : `, ${counted(weak, "point")} not proven`;
  return `release ${release} was verified at ${record.time} after a soak of ${record.soak} s${unproven}`;
}

/** The message that reports a verification without a result. */
export function inconclusiveSummary(
  release: string,
  { inconclusive, failures }: { readonly inconclusive: string; readonly failures: readonly Failure[] },
): string {
  return [
    `${INCONCLUSIVE}: verification of release ${release} has no result: ${inconclusive}. The evidence was not changed. Run pulumi up again.`,
    ...failureLines(failures),
  ].join("\n");
}

function failureLines(failures: readonly Failure[]): string[] {
  return failures.map(({ check, object, message }) => `- ${check}: ${object}: ${message}`);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
