import { isDeepStrictEqual } from "node:util";
import { counted } from "../../lib/counted.ts";
import { renderedLines } from "../lint/formats/rendered-lines.ts";
import type { ChangeKind, Danger } from "./change.ts";
import type { DiffReport, Entry, ReportedObstacle } from "./report.ts";

/** What each kind of danger is called in a summary, for one and for several. */
export const DANGER_NAMES: Readonly<Record<Danger["kind"], readonly [string, string]>> = {
  data: ["possible loss of data", "possible losses of data"],
  deletion: ["deletion", "deletions"],
  recreation: ["deletion and recreation", "deletions and recreations"],
  move: ["unsafe move", "unsafe moves"],
  refusal: ["change that the API server refuses", "changes that the API server refuses"],
  definition: ["incompatible definition", "incompatible definitions"],
};

const KINDS: readonly ChangeKind[] = ["added", "changed", "renamed", "moved", "removed"];

/** `12 objects change in edge and main: 3 added, 9 changed.` */
export function totals({ entries, clusters }: DiffReport): string {
  if (entries.length === 0) return `Nothing changes in ${clusterNames(clusters)}.`;
  const counts = KINDS.map((kind) => [kind, entries.filter((entry) => entry.kind === kind).length] as const);
  const parts = counts.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
  const touched = clusterNames(
    clusters.filter((name) => entries.some((entry) => entry.clusters.includes(name))),
  );
  const verb = entries.length === 1 ? "changes" : "change";
  return `${counted(entries.length, "object")} ${verb} in ${touched}: ${parts.join(", ")}.`;
}

/** The clusters in a sentence. A repository without Flux has one without a name. */
export function clusterNames(clusters: readonly string[]): string {
  const names = clusters.map((name) => (name === "." ? "the repository" : name));
  if (names.length === 0) return "any cluster";
  return names.length < 3
    ? names.join(" and ")
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** Which Kustomization or HelmRelease applies the object; empty without Flux. */
export function appliers({ kind, appliedBefore, appliedAfter, release }: Entry): string {
  if (release !== undefined) return release;
  if (kind === "moved")
    return `from Kustomization ${appliedBefore || "(none)"} to ${appliedAfter || "(none)"}`;
  const one = appliedAfter || appliedBefore;
  return one === "" ? "" : `Kustomization ${one}`;
}

/** What is not compared, one sentence each, and how many releases were rendered. */
export function notCompared({ uncertain, external, rendering }: DiffReport): readonly string[] {
  return [
    ...(rendering ? renderingOf(rendering) : []),
    ...uncertain.map((line) => `${line}.`),
    ...external.map((name) => `Kustomization ${name} is not compared: it builds from another repository.`),
  ];
}

function renderingOf({ before, after }: NonNullable<DiffReport["rendering"]>): readonly string[] {
  const [old, now] = [before, after].map((one) => renderedLines(one));
  if (isDeepStrictEqual(old, now)) return old ?? [];
  return [...(old ?? []).map((line) => `Before: ${line}`), ...(now ?? []).map((line) => `After: ${line}`)];
}

/** `file:line: message`, with the side on which the problem occurs. */
export function obstacleLine({ side, position, message, isBuilt }: ReportedObstacle): string {
  const when = { before: "before the change", after: "after the change", both: "before and after" }[side];
  return `${position}: ${isBuilt ? "refused" : "not built"} ${when}: ${message}`;
}
