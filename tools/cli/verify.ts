import {
  GATUS_CREDENTIALS,
  parseGatusCredentials,
  type GatusAuthorizations,
} from "../../config/gatus-credentials.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { SYSTEM_CLOCK } from "../../staging/clock.ts";
import {
  readEvidence,
  standingOf,
  type Evidence,
  type Failure,
  type Verification,
} from "../../staging/evidence.ts";
import { InconclusiveError } from "../../staging/inconclusive.ts";
import { checkLive } from "../../staging/live-check.ts";
import type { CheckRound } from "../../staging/check-round.ts";
import { stackNamed } from "../rollout/plan.ts";
import { lastUpdate, stackOutputs } from "../rollout/stack.ts";
import { readStackFile } from "../rollout/stack-file.ts";
import { decide, EXIT } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import type { ProjectFlags } from "./commands/project-options.ts";
import { progress } from "./progress.ts";
import { openProject, type Project } from "./project.ts";
import { renderTable } from "./table.ts";

/** How long an object may take to become ready. */
const TIMEOUT_MS = 60_000;

/** Flags of `edgefirst verify`. */
export interface VerifyFlags extends ProjectFlags {
  readonly json?: true;
}

/** `edgefirst verify`: runs the checks of a verification once, and prints what they found. */
export const verify = (name: string, flags: VerifyFlags): Promise<void> =>
  interruptible({ ending: "interrupted", left: "Nothing was changed." }, async (signal) => {
    const project = await openProject(flags, progress);
    const { stack, release, evidence, record } = await verifiedRelease(project, name);
    const { failures, round } = await runChecks(project, { stack, evidence, record }, signal);
    const update = await lastUpdate(project.address(stack));
    const result: VerifyResult = {
      stack,
      release,
      verifiedAt: record.time,
      lastUpdate: update?.result,
      failures,
      verdicts: round.verdicts,
      notes: notesOf(record, round),
    };
    if (failures.length > 0 || result.lastUpdate === "failed") process.exitCode ??= EXIT.no;
    process.stdout.write(`${flags.json ? JSON.stringify(result, undefined, 2) : formatResult(result)}\n`);
  });

interface VerifyResult extends Pick<CheckRound, "verdicts"> {
  readonly stack: string;
  readonly release: string;
  readonly verifiedAt: string;
  readonly lastUpdate: string | undefined;
  readonly failures: readonly Failure[];
  readonly notes: readonly string[];
}

function formatResult(result: VerifyResult): string {
  const { stack, release, verifiedAt, failures, verdicts, notes } = result;
  const rows = verdicts.map(({ check, object, state, message }) => [
    check,
    object,
    state === "held" ? state : `${state}: ${message}`,
  ]);
  const since = `since it verified release ${release} at ${verifiedAt}`;
  return [
    renderTable(["CHECK", "OBJECT", "STATE"], rows, { framed: false }),
    "",
    failures.length === 0
      ? `${stack} has stayed healthy ${since}`
      : `${stack} has become unhealthy ${since}:`,
    ...failures.map(({ check, object, message }) => `  ${check}: ${object}: ${message}`),
    ...(result.lastUpdate === "failed" ? ["its last update failed"] : []),
    ...notes,
  ].join("\n");
}

interface Verified {
  readonly stack: string;
  readonly evidence: Evidence;
  readonly record: Verification;
}

/** @throws {EdgefirstError} if the stack has not verified what it runs */
async function verifiedRelease(project: Project, name: string): Promise<Verified & { release: string }> {
  const { name: stack } = stackNamed(project.stacks, name);
  const outputs = await stackOutputs(project.address(stack));
  const read = readEvidence(stack, outputs);
  if (read.state !== "present")
    throw new EdgefirstError(read.message, `Update the stack: pulumi up -s ${stack}`);
  const { evidence } = read;
  const release = typeof outputs.release === "string" ? outputs.release : "";
  return { stack, release, evidence, record: decide(() => recordOf(stack, release, evidence)) };
}

/** @throws {EdgefirstError} if this release is not verified, or its last verification failed */
function recordOf(stack: string, release: string, evidence: Evidence): Verification {
  const standing = standingOf(evidence, release);
  if (standing.state === "verified") return standing.record;
  const failures = standing.state === "revoked" ? standing.record.failures : [];
  throw new EdgefirstError(
    [
      `Stack ${stack} runs release ${release} and has not verified it.`,
      ...failures.map(({ object, message }) => `${object}: ${message}`),
    ].join("\n"),
    `The next update of the stack verifies the release: pulumi up -s ${stack}`,
  );
}

/** Lists checks that did not run, and checks without objects: neither proves anything. Jobs run only in an update, so this command reports their earlier result. */
function notesOf(record: Verification, { results }: CheckRound): string[] {
  const left = record.checks.filter(({ outcome }) => outcome === "notChecked");
  const jobs = record.checks.filter(({ id, outcome }) => id === "jobs" && outcome === "held");
  return [
    ...jobs.map(() => `jobs: they succeeded at ${record.time}; only an update runs them again`),
    ...left.map(({ id, notes }) => `not checked: ${[id, ...notes].join(": ")}`),
    ...[...results].flatMap(([id, { notes = [] }]) => notes.map((note) => `${id}: ${note}`)),
  ];
}

async function runChecks(project: Project, { stack, evidence, record }: Verified, signal: AbortSignal) {
  const { cluster: address } = await readStackFile(project.directory, stack);
  if (address === undefined)
    throw new EdgefirstError(
      `Pulumi.${stack}.yaml does not set a context in edgefirst:cluster.`,
      "Add one: docs/reference/configuration.md.",
    );
  const cluster = new KubeClient(address);
  try {
    return await checkLive({
      stack,
      evidence,
      record,
      cluster,
      authorizations: gatusAuthorizations(),
      timeoutMs: TIMEOUT_MS,
      clock: SYSTEM_CLOCK,
      signal,
      progress,
    });
  } catch (error) {
    if (error instanceof InconclusiveError) process.exitCode ??= EXIT.inconclusive;
    throw error;
  } finally {
    cluster.close();
  }
}

/** The command cannot decrypt the stack's own secret. */
function gatusAuthorizations(): GatusAuthorizations {
  const parsed = parseGatusCredentials(process.env.EDGEFIRST_GATUS_CREDENTIALS ?? "");
  if (parsed !== undefined) return parsed;
  throw new EdgefirstError(
    "EDGEFIRST_GATUS_CREDENTIALS has the wrong format.",
    `Expected ${GATUS_CREDENTIALS}.`,
  );
}
