import { shortDuration } from "../../lib/duration.ts";
import { planWaves, type StackNode } from "./plan.ts";
import type { Position, StackStatus } from "./status.ts";

const CLASSES = {
  verified: "fill:#d3f9d8,stroke:#2b8a3e,color:#000",
  revoked: "fill:#ffe3e3,stroke:#c92a2a,color:#000",
  none: "fill:#f1f3f5,stroke:#868e96,color:#000",
} as const;

/**
 * The stacks, their waves and what each has proven, as a Mermaid flowchart in a Markdown fence. Times are absolute, because a chart that is pasted into a page is read later.
 * @throws {EdgefirstError} if the stacks depend on each other in a cycle, or on one that does not exist
 */
export function stackGraph(stacks: readonly StackNode[], statuses: readonly StackStatus[]): string {
  const ids = new Map(stacks.map(({ name }, index) => [name, `stack${index + 1}`]));
  const waves = planWaves(stacks).flatMap((wave, index) => [
    `  subgraph wave${index + 1}["wave ${index + 1}"]`,
    ...wave.map((name) =>
      nodeLine(
        ids.get(name) ?? "",
        statuses.find(({ stack }) => stack === name),
      ),
    ),
    "  end",
  ]);
  const edges = statuses.flatMap(({ stack, positions }) =>
    positions.map(
      (position) =>
        `  ${ids.get(position.upstream) ?? ""} -->|${edgeText(position)}| ${ids.get(stack) ?? ""}`,
    ),
  );
  const classes = Object.entries(CLASSES).map(([name, style]) => `  classDef ${name} ${style}`);
  return ["```mermaid", "flowchart LR", ...waves, ...edges, ...classes, "```"].join("\n");
}

function nodeLine(id: string, status: StackStatus | undefined): string {
  const { stack = id, release, verification = "none" } = status ?? {};
  const lines = [stack, release === undefined ? "no release yet" : `release ${release}`, proofOf(status)];
  return `    ${id}["${lines.map(escaped).join("<br/>")}"]:::${verification}`;
}

function proofOf(status: StackStatus | undefined): string {
  const { verification, verifiedAt = "", soak = 0, hold } = status ?? {};
  const time = verifiedAt.slice(0, 16).replace("T", " ");
  const proof =
    verification === "verified"
      ? `verified ${time} UTC, soak ${shortDuration(soak)}`
      : verification === "revoked"
        ? `failed ${time} UTC`
        : "not verified";
  return hold === undefined ? proof : `${proof}, on hold`;
}

function edgeText({ state, releases }: Position): string {
  return state === "behind" ? `${releases} behind` : state;
}

/** Mermaid would interpret quotes, brackets and HTML in labels; it displays entities as text. */
function escaped(text: string): string {
  return text.replace(/[^\w .:,@/-]/g, (character) => `#${character.codePointAt(0) ?? 63};`);
}
