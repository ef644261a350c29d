import { isIncomplete, type DiffReport } from "../report.ts";

/** The report as JSON. Diffs are one string; secrets are masked as in the other formats. */
export function formatJson(report: DiffReport): string {
  const { entries, ...rest } = report;
  const changes = entries.map(({ diff, ...entry }) => ({
    ...entry,
    diff: diff.map((line) => `${line}\n`).join(""),
  }));
  return `${JSON.stringify({ version: 1, ...rest, complete: !isIncomplete(report), changes }, undefined, 2)}\n`;
}
