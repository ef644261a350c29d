import type { CheckRecord, Revocation, Verification } from "./evidence.ts";

/** The result of a verification as a message. */
export function summaryOf(record: Verification | Revocation): string {
  const { release, soak, checks } = record;
  const unproven = indented(checks.flatMap(unprovenBy));
  if (!("failures" in record))
    return [`Release ${release} is verified after ${soak} s of soak.`, ...unproven].join("\n");
  return [
    `The verification of release ${release} failed. The release is revoked, and downstream stacks are refused it.`,
    ...failureLines(record),
    ...unproven,
  ].join("\n");
}

/** What a cancelled verification had found. The engine accepts no outputs by then, so nothing is recorded. */
export function cancelledSummary(record: Revocation): string {
  return [
    `The verification of release ${record.release} was cancelled. Nothing was recorded, and earlier evidence is unchanged: run pulumi up again.`,
    ...failureLines(record),
  ].join("\n");
}

function failureLines({ failures }: Revocation): string[] {
  return failures.map(({ check, object, message }) => `- ${check}: ${object}: ${message}`);
}

/** What a check did not prove. */
function unprovenBy({ id, outcome, notes, unhealthyBefore }: CheckRecord): string[] {
  const remarks = notes.join(" ");
  return [
    ...(outcome === "notChecked" ? [`not checked: ${id}: ${remarks}`] : []),
    ...(outcome === "nothing" ? [`nothing to check: ${id}${remarks === "" ? "" : `: ${remarks}`}`] : []),
    ...(outcome === "held" || outcome === "failed" ? notes.map((note) => `${id}: ${note}`) : []),
    ...unhealthyBefore.map((object) => `unhealthy before the update, and not blamed on it: ${object}`),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
