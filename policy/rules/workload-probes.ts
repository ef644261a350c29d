import { probeProblems } from "../objects/probes.ts";
import { defineRule } from "../engine/rule.ts";
import { containersOf, LONG_RUNNING } from "../objects/workloads.ts";

/** See docs/reference/rules/workload-probes.md. */
export const workloadProbes = defineRule({
  id: "workload-probes",
  description:
    "Every long-running container, including sidecars, has a liveness, a readiness and a startup probe, and the container declares every port that a probe names.",
  why: "Without probes, Kubernetes sends traffic to an app that is not ready, and never restarts one that hangs.",
  remediation:
    "Add livenessProbe, readinessProbe and startupProbe to the container. If the image has nothing to probe, exempt the object with a reason.",
  severity: "high",
  enforcement: "mandatory",
  kinds: LONG_RUNNING,
  *check(object) {
    for (const { path, spec, longRunning } of containersOf(object))
      if (longRunning) yield* probeProblems(spec, path);
  },
});
