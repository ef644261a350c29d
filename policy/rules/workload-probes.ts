import { list } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";
import { missingIn, PROBE_SETTINGS, PROBES, probeProblems } from "../objects/probes.ts";
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
  forAuthor: true,
  recommends:
    "a missing probe, unless no container of the pod has any probe and this one is the first that declares a port",
  kinds: LONG_RUNNING,
  settings: PROBE_SETTINGS,
  *check(object, { settings: { requireDifferentProbes }, isCommentedOut }) {
    const containers = containersOf(object).filter(({ longRunning }) => longRunning);
    const hasNone = containers.every(({ spec }) => missingIn(spec).length === PROBES.length);
    const serving = containers.find(({ spec }) => list(spec.ports).length > 0);
    for (const container of containers)
      yield* probeProblems(container.spec, container.path, {
        isOptional:
          !hasNone ||
          container !== serving ||
          PROBES.some((probe) => isCommentedOut(object, container.path, `${probe}Probe`)),
        isDifferent: requireDifferentProbes,
      });
  },
});
