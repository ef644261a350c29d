import * as pulumi from "@pulumi/pulumi";
import type { CheckRecord, Revocation, Verification } from "./evidence.ts";

/** With this code the language host shows nothing but what was logged (`@pulumi/pulumi/cmd/run`, "logged a user actionable message"). */
const LOGGED = 32;

/** Fails the update with this message alone; outputs are stored. To throw would lose them, and an error that is only logged leaves the exit code 0. */
export function failUpdate(message: string): void {
  void pulumi.log.error(message);
  process.on("exit", () => {
    process.exitCode = LOGGED;
  });
}

/** What a verification came to, for a person. */
export function summaryOf(record: Verification | Revocation): string {
  const { release, soak, checks } = record;
  const open = checks.flatMap(openIn);
  const remarks = open.length === 0 ? "" : `\n${open.map((line) => `  ${line}`).join("\n")}`;
  if (!("failures" in record)) return `Release ${release} is verified after ${soak} s of soak.${remarks}`;
  const failed = record.failures.map(({ check, object, message }) => `- ${check}: ${object}: ${message}`);
  return `The verification of release ${release} failed; the release is revoked, and stacks that come after this one are refused it.\n${failed.join("\n")}${remarks}`;
}

/** What a cancelled verification had seen. The engine takes no outputs any more by then, so that nothing is recorded. */
export function cancelledSummary({ release, failures }: Revocation): string {
  const seen = failures.map(({ check, object, message }) => `- ${check}: ${object}: ${message}`);
  return `The verification of release ${release} was cancelled. Nothing of it is recorded, and earlier evidence stays as it was: bring the stack up again.\n${seen.join("\n")}`;
}

/** What a check did not prove. */
function openIn({ id, outcome, notes, unhealthyBefore }: CheckRecord): string[] {
  const told = notes.join(" ");
  return [
    ...(outcome === "notChecked" ? [`not checked: ${id}: ${told}`] : []),
    ...(outcome === "nothing" ? [`nothing to look at: ${id}${told === "" ? "" : `: ${told}`}`] : []),
    ...(outcome !== "notChecked" && outcome !== "nothing" ? notes.map((note) => `${id}: ${note}`) : []),
    ...unhealthyBefore.map((object) => `unhealthy before the update, and not blamed on it: ${object}`),
  ];
}
