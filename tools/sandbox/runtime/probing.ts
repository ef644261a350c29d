import { setTimeout as delay } from "node:timers/promises";
import { type ProbeTarget, tryProbe } from "./probe.ts";
import { type Probe } from "./pod-spec.ts";

/** Callbacks for the results of a container's probes. */
export interface ProbeVerdicts {
  readonly started: () => void;
  readonly ready: (ready: boolean) => void;
  /** A startup or liveness probe has reached its failure threshold. */
  readonly unhealthy: (probe: Probe, message: string) => void;
  /** One attempt at a probe failed. */
  readonly failed: (kind: ProbeKind, output: string) => void;
}

/** The kubelet's names for the probes. */
export type ProbeKind = "Startup" | "Readiness" | "Liveness";

/** Probes a container until the signal aborts: first with the startup probe alone, then with the others. */
export async function probeContainer(
  target: ProbeTarget,
  verdicts: ProbeVerdicts,
  signal: AbortSignal,
): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = target.container;
  if (startupProbe) {
    const decide = (ok: boolean): boolean => {
      if (!ok) verdicts.unhealthy(startupProbe, "failed startup probe");
      // Unlike other probes, a startup probe is not repeated once it has succeeded or reached its failure threshold.
      return false;
    };
    await repeat({ kind: "Startup", probe: startupProbe, decide }, target, verdicts, signal);
  }
  if (signal.aborted) return;
  verdicts.started();
  if (readinessProbe === undefined) verdicts.ready(true);
  const probes: RepeatedProbe[] = [];
  if (readinessProbe) {
    const decide = (ok: boolean): boolean => {
      verdicts.ready(ok);
      return true;
    };
    probes.push({ kind: "Readiness", probe: readinessProbe, decide });
  }
  if (livenessProbe) {
    const decide = (ok: boolean): boolean => {
      if (!ok) verdicts.unhealthy(livenessProbe, "failed liveness probe");
      return ok;
    };
    probes.push({ kind: "Liveness", probe: livenessProbe, decide });
  }
  await Promise.all(probes.map((probe) => repeat(probe, target, verdicts, signal)));
}

interface RepeatedProbe {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  /** Called whenever a threshold is reached; returns whether to continue probing. */
  readonly decide: (ok: boolean) => boolean;
}

/** Runs a probe once per period. */
async function repeat(
  { kind, probe, decide }: RepeatedProbe,
  target: ProbeTarget,
  { failed }: ProbeVerdicts,
  signal: AbortSignal,
): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
  let run = 0;
  let last: boolean | undefined;
  const pause = async (seconds: number): Promise<void> => {
    await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
  };
  const isOver = (): boolean => signal.aborted;
  await pause(initialDelaySeconds);
  while (!isOver()) {
    const { ok, output } = await tryProbe(probe, target);
    // The container exited during the probe, so the result proves nothing.
    if (isOver()) return;
    if (!ok) failed(kind, output);
    run = ok === last ? run + 1 : 1;
    last = ok;
    if (run >= (ok ? successThreshold : failureThreshold) && !decide(ok)) return;
    await pause(periodSeconds);
  }
}
