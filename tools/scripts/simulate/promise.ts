import type { CheckId } from "../../../config/check-ids.ts";
import type { Observation, SimCluster } from "./cluster.ts";
import type { Fleet, SimStack } from "./fleet.ts";
import { isChecked, isIgnored, TOLERANCE_MS, type Attempt, type Ledger } from "./ledger.ts";
import { scheduler, type SimProcess } from "./scheduler.ts";

const OWN_CHECK_IDS: readonly CheckId[] = ["queries", "http", "jobs"];

/** How many releases the evidence keeps. */
const KEPT = 10;

/** A stack that begins to run a release, and one of its upstream stacks. */
export interface Judged {
  readonly stack: SimStack;
  readonly release: string;
  readonly process: SimProcess;
  /** When the stack's gate began. */
  readonly began: number;
  readonly upstream: SimStack;
  readonly fleet: Fleet;
  /** The ledger of the stack. */
  readonly own: Ledger;
  /** The ledger of the upstream stack. */
  readonly ledger: Ledger;
}

/**
 * The promise: the upstream stack has run the release in good health for the required time. For a move forward, it must also be running the release now, in good
 * health and recently verified, on the cluster where the release was verified.
 * @returns how the promise is broken; undefined if it is kept
 */
export function judgeUpstream(judged: Judged): string | undefined {
  const { release, ledger, upstream } = judged;
  const { name } = upstream;
  const attempts = ledger.attempts.filter((attempt) => attempt.release === release);
  const concluded = attempts.filter(({ result }) => result === "verified" || result === "failed");
  const proofs = concluded.filter(({ result, soaked }) => result === "verified" && soaked !== undefined);
  const last = concluded.at(-1);
  if (proofs.length === 0) return `${name} has never run it in good health for its whole soak`;
  const broken = last && judgeLast(judged, last);
  if (broken !== undefined) return broken;
  return isForward(judged) ? judgeForward(judged, proofs) : undefined;
}

/** The latest verification must not have failed, and the gate must name its weaknesses. */
function judgeLast(judged: Judged, last: Attempt): string | undefined {
  const { upstream, process, began } = judged;
  if ((last.ended ?? 0) > began || isForgotten(judged, last)) return undefined;
  if (last.result === "failed") return `its latest verification on ${upstream.name} failed`;
  const unnamed = weaknessesOf(last).filter((text) => !isPrinted(process, text));
  return unnamed.length === 0
    ? undefined
    : `the gate does not repeat a weakness of the proof of ${upstream.name}: ${unnamed.join("; ")}`;
}

/** Whether the upstream stack has lost its evidence of an attempt. A move back is then allowed, with a warning. */
function isForgotten(judged: Judged, { cluster, began }: Attempt): boolean {
  const { upstream, ledger, process } = judged;
  const later = ledger.attempts.filter((attempt) => attempt.began > began).length;
  const isLost = cluster !== upstream.slot.cluster || began < ledger.destroyedAt || later >= KEPT;
  return isLost && !isForward(judged) && isPrinted(process, `Stack ${upstream.name} has`);
}

/** Whether an update is a move forward: to a release that the stack neither runs nor has verified last time, on this cluster. */
export function isForward({
  stack,
  release,
  fleet,
  own,
}: Pick<Judged, "stack" | "release" | "fleet" | "own">): boolean {
  const { cluster } = stack.slot;
  const { outputs } = fleet.backend.stack(stack.name);
  const here = own.attempts.filter(
    (attempt) => attempt.cluster === cluster && attempt.began >= own.destroyedAt,
  );
  if (outputs.release === release && here.length > 0) return false;
  const concluded = here.filter(
    (attempt) =>
      attempt.release === release && (attempt.result === "verified" || attempt.result === "failed"),
  );
  return concluded.at(-1)?.result !== "verified";
}

function judgeForward(judged: Judged, proofs: readonly Attempt[]): string | undefined {
  const { stack, upstream, process, fleet, began, ledger } = judged;
  const context = stack.config.contexts[upstream.name];
  const seen = context === undefined ? undefined : fleet.stack(context).slot.cluster;
  const looks =
    seen?.observations.filter((look) => look.process === process && look.at >= began && !look.failed) ?? [];
  return seen === undefined || looks.length === 0
    ? (unmet(judged, proofs, ledger.storedSince) ?? judgeUnseen(judged, seen))
    : (unmet(judged, proofs, ledger.since) ?? judgeSeen(judged, proofs, { seen, looks }));
}

/** If the upstream cluster cannot be reached, evidence alone is enough, but only if the configuration allows it. */
function judgeUnseen(
  { stack: { config }, upstream: { name }, fleet, release, began }: Judged,
  seen: SimCluster | undefined,
): string | undefined {
  if (config.live === "required")
    return `the cluster of ${name} was not checked, although gate.live requires it`;
  if (seen?.isReachable() === true && seen.downUntil < began) return `the cluster of ${name} was not checked`;
  if (seen !== undefined && config.unreachable === "refuse")
    return `the cluster of ${name} cannot be reached`;
  const { outputs, storedAt } = fleet.backend.stack(name);
  return outputs.release === release || storedAt > began
    ? undefined
    : `${name} runs ${String(outputs.release)} according to its outputs`;
}

function judgeSeen(
  { upstream: { name }, release, ledger }: Judged,
  proofs: readonly Attempt[],
  { seen, looks }: { readonly seen: SimCluster; readonly looks: readonly Observation[] },
): string | undefined {
  const here = proofs.findLast(({ cluster }) => cluster === seen);
  if (here === undefined)
    return `${name} has not verified it on cluster ${seen.uid}, to which its context leads`;
  // An update that begins during the gate must not lend its health to the release.
  const during = looks.filter(({ running }) => running === release);
  if (during.length === 0) {
    const { running } = seen;
    return `${name} runs ${running?.release ?? "nothing"}${running?.complete === false ? " in part" : ""}`;
  }
  const unhealthy = during.map((look) => unhealthyNow(here, ledger, look));
  return unhealthy.some(({ length }) => length === 0)
    ? undefined
    : `${name} is not healthy while it runs it: ${unhealthy.at(-1)?.join(", ") ?? ""}`;
}

function unhealthyNow(proof: Attempt, { lastPass }: Ledger, { bad, gone, at }: Observation): string[] {
  return [...bad].filter((name) => {
    const app = proof.cluster.app(name);
    // Only the stack's own verification runs Jobs.
    if (app === undefined || app.type === "job" || !isChecked(proof, app)) return false;
    if (lastPass?.healthy?.has(name) === true) return !(gone.has(name) && app.type === "deployment");
    // An entry that has expired no longer covers an app that exists.
    return name in proof.ignore && !isIgnored(proof, name, at) && !gone.has(name) && !proof.excused.has(name);
  });
}

function unmet(
  { stack: { config }, upstream: { name }, release, began }: Judged,
  proofs: readonly Attempt[],
  since: Ledger["since"],
): string | undefined {
  const latest = proofs.at(-1);
  if (latest === undefined) return undefined;
  const { soaked = 0, concluded = 0, skip, override, own } = latest;
  const age = began - concluded;
  const ran = since?.release === release ? scheduler.now - since.at : 0;
  const skipped = config.requiredChecks.filter(
    (id) => skip[id] !== undefined || (OWN_CHECK_IDS.includes(id) && !own.includes(id)),
  );
  if (age > config.maxAge * 1_000 + TOLERANCE_MS) return `${name} last verified it ${age / 1_000} s ago`;
  if (soaked + TOLERANCE_MS < config.minSoak * 1_000) return `${name} soaked it for only ${soaked / 1_000} s`;
  if (ran + TOLERANCE_MS < config.minAge * 1_000)
    return `${name} has run it without a break for only ${ran / 1_000} s`;
  if (skipped.length > 0) return `${name} did not check ${skipped.join(", ")}`;
  return config.overrides === "refuse" && override !== undefined
    ? `${name} verified it under an override`
    : undefined;
}

/** Texts that the gate must print. */
function weaknessesOf({ soakMs, skip, override, suspended = [], ignoredFor = [] }: Attempt): string[] {
  return [
    ...(soakMs === 0 ? ["no soak"] : []),
    ...Object.values(skip),
    ...(override === undefined ? [] : [override]),
    ...(skip.flux === undefined ? suspended : []),
    ...ignoredFor,
  ];
}

function isPrinted({ log }: SimProcess, text: string): boolean {
  return log.some((line) => line.startsWith("warning: ") && line.includes(text));
}
