import { availableParallelism } from "node:os";
import { eachAtMost } from "../../lib/each-at-most.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Directives } from "../../staging/directives.ts";
import { readAllDirectives } from "../rollout/directives.ts";
import { stackGraph } from "../rollout/graph.ts";
import { fleetStatus, type StackSnapshot, type StackStatus } from "../rollout/status.ts";
import { lastUpdate, previewDrift, stackOutputs, type StackAddress } from "../rollout/stack.ts";
import { ago, shortDuration } from "../../lib/duration.ts";
import { interruptible } from "./interrupt.ts";
import type { ProjectFlags } from "./commands/project-options.ts";
import { progress } from "./progress.ts";
import { openProject, type Project } from "./project.ts";
import { renderTable } from "./table.ts";

/** Flags of `edgefirst status`. */
export interface StatusFlags extends ProjectFlags {
  readonly json?: true;
  readonly refresh?: true;
  readonly graph?: true;
}

/** Each running Pulumi CLI takes about 100 MB of memory. */
const MOST_CLIS = Math.max(2, availableParallelism());
/** Reading more stacks than this takes longer than a few seconds. */
const FEW_STACKS = 10;

const UPDATES = {
  "not-started": "-",
  "in-progress": "running",
  succeeded: "succeeded",
  failed: "FAILED",
} as const;

/** `edgefirst status`: prints what each stack runs and has verified. */
export const status = (flags: StatusFlags): Promise<void> =>
  interruptible({ ending: "interrupted", left: "Nothing was changed." }, async (signal) => {
    const project = await openProject(flags, progress);
    const snapshots = new Map<string, StackSnapshot>();
    await eachAtMost(MOST_CLIS, project.stacks, async ({ name }) => {
      signal.throwIfAborted();
      snapshots.set(name, await snapshotOf(project.address(name), flags.refresh ?? false, signal));
      if (project.stacks.length > FEW_STACKS)
        progress(`read ${snapshots.size} of ${project.stacks.length} stacks`, "tick");
    });
    for (const [name, directives] of await directivesOf(project)) {
      const snapshot = snapshots.get(name);
      if (snapshot !== undefined) snapshots.set(name, { ...snapshot, directives });
    }
    const now = new Date();
    const statuses = fleetStatus(project.stacks, snapshots, now);
    process.stdout.write(`${render(flags, project, statuses, now)}\n`);
  });

function render(
  flags: StatusFlags,
  { stacks }: Project,
  statuses: readonly StackStatus[],
  now: Date,
): string {
  if (flags.json) return JSON.stringify(statuses, undefined, 2);
  return flags.graph ? stackGraph(stacks, statuses) : renderStatus(statuses, now);
}

/** If the directives cannot be read, the rest of the status is still shown. */
async function directivesOf({ stacks, address }: Project): Promise<Map<string, Directives>> {
  try {
    return await readAllDirectives(stacks.map(({ name }) => address(name)));
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    progress(error.message);
    return new Map();
  }
}

/** A stack that cannot be read is a row with an error; the others are still shown. */
async function snapshotOf(
  address: StackAddress,
  refresh: boolean,
  signal: AbortSignal,
): Promise<StackSnapshot> {
  try {
    const [outputs, update] = [await stackOutputs(address), await lastUpdate(address)];
    if (!refresh || update === undefined) return { outputs, lastUpdate: update };
    const drift = await previewDrift(address, { report: () => undefined, signal });
    return { outputs, lastUpdate: update, drift };
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    return { outputs: {}, lastUpdate: undefined, error: error.message };
  }
}

/** The table, at most 80 columns wide, followed by the notes on each stack. */
export function renderStatus(statuses: readonly StackStatus[], now: Date): string {
  const rows = statuses.map((stack) => [
    shortened(stack.stack, 12),
    stack.release ?? "-",
    positionText(stack.positions),
    verifiedText(stack, now),
    stack.soak === undefined ? "-" : shortDuration(stack.soak),
    revisionText(stack.revision),
    UPDATES[stack.lastUpdate?.result ?? "not-started"],
  ]);
  const head = ["STACK", "RELEASE", "POSITION", "VERIFIED", "SOAK", "GITOPS", "UPDATE"];
  const notes = statuses.flatMap(({ stack, notes: sentences }) =>
    sentences.map((note) => `${stack}: ${note}`),
  );
  return [renderTable(head, rows, { framed: false }), ...(notes.length > 0 ? ["", ...notes] : [])].join("\n");
}

/** The worst position: unproven, or else the furthest behind. */
function positionText(positions: StackStatus["positions"]): string {
  if (positions.length === 0) return "-";
  if (positions.some(({ state }) => state === "unproven")) return "unproven";
  const furthest = Math.max(...positions.map(({ releases }) => releases));
  return furthest === 0 ? "level" : `${furthest} behind`;
}

function verifiedText({ verification, verifiedAt }: StackStatus, now: Date): string {
  if (verification === "none") return "never";
  if (verification === "revoked") return "FAILED";
  return verifiedAt === undefined ? "-" : ago(new Date(verifiedAt), now);
}

/** `main@sha1:1a2b3c4d…` becomes `main@1a2b3c4`; a long name is cut at the start. */
function revisionText(revision: string | undefined): string {
  const text = revision?.replace(/(^|@)(sha1|sha256):([0-9a-f]{7})[0-9a-f]*$/, "$1$3") ?? "-";
  return text.length > 15 ? `…${text.slice(-14)}` : text;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
