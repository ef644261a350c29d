import { createColors } from "picocolors";
import type { DiffReport, Entry } from "../report.ts";
import { appliers, clusterNames, notCompared, obstacleLine, totals } from "../wording.ts";

type Colors = ReturnType<typeof createColors>;

const SIGNS = { added: "+", removed: "-", changed: "~", moved: ">", renamed: "~" } as const;

/** The report for a terminal: the dangerous entries first, each with its difference. */
export function formatText(report: DiffReport, coloured: boolean): string {
  const colors = createColors(coloured);
  const lines = report.entries.flatMap((entry) => [...entryLines(entry, report, colors), ""]);
  if (report.obstacles.length > 0) {
    lines.push(colors.underline("Could not be built or applied"));
    for (const obstacle of report.obstacles) lines.push(`  ${obstacleLine(obstacle)}`);
    lines.push("");
  }
  lines.push(...notCompared(report));
  lines.push(totals(report));
  return `${lines.join("\n")}\n`;
}

function entryLines(entry: Entry, { clusters }: DiffReport, colors: Colors): string[] {
  const where = clusters.length > 1 ? ` in ${clusterNames(entry.clusters)}` : "";
  const applied = appliers(entry);
  const head = `${SIGNS[entry.kind]} ${entry.kind} ${entry.object}${where}`;
  return [
    `${colors.bold(head)}${applied === "" ? "" : colors.dim(`  ${applied}`)}`,
    ...entry.dangers.flatMap(({ message, remediation }) => [
      `  ${colors.red("danger")}  ${message}`,
      `          ${remediation}`,
    ]),
    ...entry.notes.map((note) => `  ${colors.yellow("note")}    ${note}`),
    ...entry.diff.map((line) => `  ${coloured(line, colors)}`),
  ];
}

function coloured(line: string, colors: Colors): string {
  if (line.startsWith("+")) return colors.green(line);
  if (line.startsWith("-")) return colors.red(line);
  return line.startsWith("@@") ? colors.cyan(line) : line;
}
