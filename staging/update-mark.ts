import { createHash } from "node:crypto";
import { z } from "zod";
import { ApiError } from "../kube/api-error.ts";
import type { ClusterReader, LiveCluster, ObjectReference } from "../kube/client.ts";
import { FIELD_MANAGER } from "../kube/objects.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { Baseline } from "./baseline.ts";

/**
 * The mark of an update that has begun. A cancelled or killed update stores no outputs, so only a mark on the cluster can show that the update may have changed
 * something, and what was unhealthy before it. Evidence of a later pass makes the mark obsolete, and the next update replaces it. The program never deletes it:
 * the engine stores the evidence only after the program has ended, and a process that is killed in between must not leave the cluster without either.
 */
const updateMark = z.looseObject({
  /** The release of the first update since the last verification that passed. */
  release: z.string(),
  /** When that update began, according to the clock of the machine that ran it. */
  began: z.iso.datetime(),
  /** Time of the last verification that had passed by then, from the stored evidence; null if none had. Older programs do not write it. */
  follows: z.iso.datetime().nullable().optional(),
  /** The {@link Baseline} of that update. */
  excused: z.array(z.string()),
  expected: z.array(z.string()),
  revision: z.string().nullable(),
  gone: z.record(z.string(), z.string()).optional(),
  moved: z.boolean().optional(),
});
export type UpdateMark = z.infer<typeof updateMark>;

/** A cluster on which a verification can leave its marks. */
export interface MarkableCluster extends LiveCluster {
  /** Sets annotations on an object. @returns false if the object does not exist */
  annotate(reference: ObjectReference, annotations: Readonly<Record<string, string>>): Promise<boolean>;
  delete(reference: ObjectReference): Promise<void>;
}

/** Project and name of a stack; several stacks may share a cluster. */
export interface MarkedStack {
  readonly project: string;
  readonly stack: string;
}

const KEY = "mark.json";

/** The ConfigMap that contains a stack's mark. Its name contains a hash, since stack names may contain characters that are not allowed in object names. */
export function markReference({ project, stack }: MarkedStack): ObjectReference {
  const hash = createHash("sha256").update(`${project}/${stack}`).digest("hex").slice(0, 10);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `edgefirst-update-${hash}`, namespace: "kube-system" },
  };
}

/**
 * Reads the mark of a stack.
 * @param lastPass when the last verification passed, from the stored evidence; it makes the mark of an earlier update obsolete
 * @returns undefined if there is no mark
 */
export async function readMark(
  cluster: ClusterReader,
  stack: MarkedStack,
  lastPass: string | undefined,
): Promise<UpdateMark | undefined> {
  const live = await cluster.get(markReference(stack));
  if (live === undefined) return undefined;
  const { [KEY]: text = "" } = (live.data ?? {}) as Record<string, string>;
  const mark = parseMark(text);
  return lastPass !== undefined && isObsolete(mark, Date.parse(lastPass)) ? undefined : mark;
}

/**
 * Whether a verification has passed since the update began. An update and the pass before it may be by machines whose clocks differ, so the mark names that pass.
 * If the evidence is older than that, because the state was restored from a backup, the mark counts.
 */
function isObsolete({ began, follows }: UpdateMark, lastPass: number): boolean {
  // Without a pass before it, only the time can say whether the evidence is older: a program that could not read it, or a destroyed stack, starts from scratch.
  if (follows === null) return Date.parse(began) <= lastPass;
  return Date.parse(follows ?? began) < lastPass;
}

/** An unreadable mark still proves that an update has begun; it excuses nothing. */
function parseMark(text: string): UpdateMark {
  try {
    return updateMark.parse(JSON.parse(text));
  } catch {
    return {
      release: "unknown",
      began: new Date(8.64e15).toISOString(),
      excused: [],
      expected: [],
      revision: null,
    };
  }
}

/** Explains why a mark counts although the stack has no evidence. */
export function withoutEvidence({ release, began }: UpdateMark): string {
  return `the stack has no evidence, but an update to release ${release} began at ${began}: it was not verified, or the stack was destroyed since. What was healthy before it must be healthy again. List exceptions with reasons under edgefirst:verification.removed and edgefirst:verification.ignore`;
}

/** An update that is about to change the cluster. */
export interface BegunUpdate {
  readonly release: string;
  readonly began: string;
  /** When the last verification had passed, according to the stored evidence; undefined if none had. */
  readonly follows: string | undefined;
  readonly baseline: Baseline;
}

/**
 * Marks a stack's update as begun.
 * @throws {EdgefirstError} if the mark cannot be written; the update must then change nothing
 */
export async function writeMark(
  cluster: MarkableCluster,
  stack: MarkedStack,
  { release, began, follows, baseline }: BegunUpdate,
): Promise<void> {
  const mark: UpdateMark = {
    release,
    began,
    follows: follows ?? null,
    excused: [...baseline.excused],
    expected: [...baseline.expected],
    revision: baseline.revision,
    ...(baseline.gone !== undefined && baseline.gone.size > 0 && { gone: Object.fromEntries(baseline.gone) }),
    ...(baseline.moved === true && { moved: true }),
  };
  await applyMark(cluster, stack, mark);
}

/** Stops excusing objects that were healthy at some point during an update whose verification did not pass. */
export async function endExcuses(
  cluster: MarkableCluster,
  stack: MarkedStack,
  recovered: ReadonlySet<string>,
): Promise<void> {
  if (recovered.size === 0) return;
  const mark = await readMark(cluster, stack, undefined);
  if (mark === undefined) return;
  const excused = mark.excused.filter((key) => !recovered.has(key));
  await applyMark(cluster, stack, { ...mark, excused });
}

async function applyMark(cluster: MarkableCluster, stack: MarkedStack, mark: UpdateMark): Promise<void> {
  const reference = markReference(stack);
  const annotations = { "edgefirst.dev/update-of": `${stack.project}/${stack.stack}` };
  const object = {
    ...reference,
    metadata: { ...reference.metadata, annotations },
    data: { [KEY]: JSON.stringify(mark) },
  };
  try {
    await cluster.apply(object, { fieldManager: FIELD_MANAGER, force: true });
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    throw new EdgefirstError(
      `Cannot write the mark of this update to cluster ${cluster.context}: ${error instanceof ApiError ? error.reason : error.message}`,
      "Nothing was changed. The user of this context needs get, create and patch on ConfigMaps in kube-system.",
      { cause: error },
    );
  }
}
