import { probeProblems } from "../objects/probes.ts";
import { defineRule } from "../engine/rule.ts";
import { containersOf, LONG_RUNNING } from "../objects/workloads.ts";

/** See `docs/reference/policies.md`. */
export const workloadProbes = defineRule({
  id: "workload-probes",
  description:
    "Every long-running container, sidecars included, has a liveness, a readiness and a startup probe, on a port that it has.",
  remediation:
    "Add livenessProbe, readinessProbe and startupProbe to the container. Where an image offers nothing to ask, exempt the object and say so.",
  severity: "high",
  enforcement: "mandatory",
  kinds: LONG_RUNNING,
  *check(object) {
    for (const { path, spec, longRunning } of containersOf(object))
      if (longRunning) yield* probeProblems(spec, path);
  },
});
