import { counted } from "../../../lib/counted.ts";
import { dangerCounts, type DiffReport, type Entry } from "../report.ts";
import { appliers, clusterNames, DANGER_NAMES, notCompared, obstacleLine, totals } from "../wording.ts";

/** The first line of the report, by which a workflow finds the comment that it wrote before. */
export const MARKER = "<!-- edgefirst diff -->";

/** The longest report, in UTF-16 code units. GitHub accepts comments of up to 65,536 characters. */
export const MAX_LENGTH = 60_000;

/** The longest difference of one object, in lines. */
const MAX_LINES = 300;

/** Room for the sentence about what was left out. */
const RESERVE = 400;

/** How many dangers and obstacles are listed at the top. */
const LISTED = 30;

/**
 * The report as a comment on a pull request, of at most {@link MAX_LENGTH} characters: the dangers in full, then each object folded, the dangerous
 * first. Objects for which there is no room are listed without their difference, then only counted.
 */
export function formatMarkdown(report: DiffReport): string {
  const parts = [header(report), ...dangers(report), ...obstacles(report)];
  let length = parts.reduce((sum, part) => sum + part.length + 1, 0);
  const left = { differences: 0, objects: 0 };
  for (const entry of report.entries) {
    const candidates = [folded(entry, report), named(entry, report)];
    const fitting = candidates.find((text) => length + text.length + 1 <= MAX_LENGTH - RESERVE);
    if (fitting !== candidates[0]) left.differences++;
    if (fitting === undefined) {
      left.objects++;
      continue;
    }
    parts.push(fitting);
    length += fitting.length + 1;
  }
  if (left.differences > 0) parts.push(leftOut(report, left));
  return `${parts.join("\n")}\n`;
}

function header(report: DiffReport): string {
  const counts = [...dangerCounts(report)].map(
    ([kind, count]) => `${count} ${DANGER_NAMES[kind][count === 1 ? 0 : 1]}`,
  );
  return [
    MARKER,
    "## What this change does to the clusters",
    "",
    counts.length > 0
      ? `**Dangerous: ${counts.join(", ")}.** ${escaped(totals(report))}`
      : escaped(totals(report)),
    "",
  ].join("\n");
}

/** The dangers, with one line for objects that meet the same fate. */
function dangers({ entries, clusters }: DiffReport): readonly string[] {
  const all = entries.flatMap((entry) => entry.dangers.map((danger) => ({ entry, ...danger })));
  const same = Map.groupBy(all, ({ entry, message, remediation }) =>
    JSON.stringify([entry.kind, entry.clusters, message, remediation]),
  );
  const lines = [...same.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const objects = group.slice(0, LISTED).map(({ entry }) => `<code>${html(entry.object)}</code>`);
    const more = group.length - objects.length;
    const others = more > 0 ? ` and ${more} more` : "";
    const text = `${escaped(shortened(first.message))} _${escaped(first.remediation)}_`;
    return [`- ${first.entry.kind} ${objects.join(", ")}${others}${where(first.entry, clusters)}: ${text}`];
  });
  if (lines.length === 0) return [];
  const more = lines.length - LISTED;
  return [...lines.slice(0, LISTED), ...(more > 0 ? [`- and ${more} more, below`] : []), ""];
}

function obstacles(report: DiffReport): readonly string[] {
  const lines = [...report.obstacles.map(obstacleLine), ...notCompared(report)];
  if (lines.length === 0) return [];
  const more = lines.length - LISTED;
  return [
    "<details><summary>Not built, refused or not compared</summary>",
    "",
    ...lines.slice(0, LISTED).map((line) => `- ${escaped(shortened(line))}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
    "",
    "</details>",
    "",
  ];
}

function folded(entry: Entry, { clusters }: DiffReport): string {
  const more = entry.diff.length - MAX_LINES;
  const lines = [
    ...entry.diff.slice(0, MAX_LINES),
    ...(more > 0 ? [`@@ ${counted(more, "more line")} @@`] : []),
  ];
  const fence = fenceFor(lines);
  const applied = appliers(entry);
  return [
    `<details><summary>${SIGNS[entry.kind]} ${heading(entry, clusters)}</summary>`,
    "",
    ...(applied === "" ? [] : [escaped(applied)]),
    ...entry.notes.map((note) => `\n${escaped(note)}`),
    "",
    `${fence}diff`,
    ...lines,
    fence,
    "",
    "</details>",
    "",
  ].join("\n");
}

function named(entry: Entry, { clusters }: DiffReport): string {
  return `${SIGNS[entry.kind]} ${heading(entry, clusters)} (difference left out)\n`;
}

const SIGNS = { added: "➕", removed: "➖", changed: "✏️", moved: "↪️", renamed: "✏️" } as const;

/** In HTML, since it is inside `<summary>`. */
function heading(entry: Entry, clusters: readonly string[]): string {
  const warning = entry.dangers.length > 0 ? "⚠️ " : "";
  return `${warning}${entry.kind} <code>${html(entry.object)}</code>${where(entry, clusters)}`;
}

function where({ clusters: own }: Entry, clusters: readonly string[]): string {
  return clusters.length > 1 ? ` in ${html(clusterNames(own))}` : "";
}

function leftOut(
  { before, after }: DiffReport,
  { differences, objects }: { differences: number; objects: number },
): string {
  const lost = objects > 0 ? `, and ${counted(objects, "object")} altogether` : "";
  return `**Cut to fit into a comment:** ${counted(differences, "difference")} left out${lost}. To see everything: <code>edgefirst diff ${html(shortened(before, 80))} ${html(shortened(after, 80))}</code>\n`;
}

/** A fence that no line inside it can close. */
function fenceFor(lines: readonly string[]): string {
  const longest = Math.max(
    2,
    ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)),
  );
  return "`".repeat(longest + 1);
}

function shortened(text: string, most = 600): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/**
 * Text that means nothing in Markdown: names from a repository must not become links or tags. GitHub looks for people and issues in the rendered
 * text, so an invisible space separates the sign from the name.
 */
function escaped(text: string): string {
  const plain = text.replace(/[\\`*_{}[\]()+!|~]/g, "\\$&").replace(/\s+/g, " ");
  return html(plain).replace(/[@#](?=\w)/g, "$&&#8203;");
}

/** Text in HTML, on one line. */
function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\n", " ");
}
