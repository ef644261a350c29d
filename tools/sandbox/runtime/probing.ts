import { setTimeout as delay } from "node:timers/promises";
import { type ProbeTarget, tryProbe } from "./probe.ts";
import { type Probe } from "./pod-spec.ts";

/** What probes decide of a running container. */
export interface ProbeVerdicts {
  readonly started: () => void;
  readonly ready: (ready: boolean) => void;
  /** A startup or liveness probe has given the container up. */
  readonly unhealthy: (probe: Probe, message: string) => void;
  /** A probe failed, whatever follows from it. */
  readonly failed: (kind: ProbeKind, output: string) => void;
}

/** The kubelet's words for its probes. */
export type ProbeKind = "Startup" | "Readiness" | "Liveness";

/** Probes a container from its start until the signal: first the startup probe alone, then the two others. */
export async function probeContainer(
  target: ProbeTarget,
  verdicts: ProbeVerdicts,
  signal: AbortSignal,
): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = target.container;
  if (startupProbe) {
    await repeat("Startup", startupProbe, target, verdicts, signal, (ok) => {
      if (!ok) verdicts.unhealthy(startupProbe, "failed startup probe");
      // Whatever it says the first time is final.
      return false;
    });
  }
  if (signal.aborted) return;
  verdicts.started();
  if (readinessProbe === undefined) verdicts.ready(true);
  await Promise.all([
    readinessProbe &&
      repeat("Readiness", readinessProbe, target, verdicts, signal, (ok) => {
        verdicts.ready(ok);
        return true;
      }),
    livenessProbe &&
      repeat("Liveness", livenessProbe, target, verdicts, signal, (ok) => {
        if (!ok) verdicts.unhealthy(livenessProbe, "failed liveness probe");
        return ok;
      }),
  ]);
}

/** Tries a probe every period and decides whenever a threshold is reached, for as long as `decide` says so. */
async function repeat(
  kind: ProbeKind,
  probe: Probe,
  target: ProbeTarget,
  { failed }: ProbeVerdicts,
  signal: AbortSignal,
  decide: (ok: boolean) => boolean,
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
    // A probe that was under way when the container ended says nothing.
    if (isOver()) return;
    if (!ok) failed(kind, output);
    run = ok === last ? run + 1 : 1;
    last = ok;
    if (run >= (ok ? successThreshold : failureThreshold) && !decide(ok)) return;
    await pause(periodSeconds);
  }
}
