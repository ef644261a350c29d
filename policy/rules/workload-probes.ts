import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { list } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";
import { isServed } from "../objects/pods.ts";
import { isOftenOmitted } from "../objects/practice.ts";
import {
  documentedOmission,
  isForOwner,
  missingIn,
  opensOnlyUdp,
  PROBE_SETTINGS,
  PROBES,
  probeProblems,
} from "../objects/probes.ts";
import { containersOf, LONG_RUNNING, type Container } from "../objects/workloads.ts";

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
    "a missing probe, unless a Service leads to the pod, none of its containers has any probe and this one is the first that declares a port other than UDP, although most such pods have one and no document says that probes are left out; and those of an editor or another tool of the owner, or of a container with a console",
  kinds: LONG_RUNNING,
  settings: PROBE_SETTINGS,
  *check(object, context) {
    const { settings, objects, isCommentedOut } = context;
    const containers = longRunningOf(object);
    const serving = servingOf(containers);
    const isOversight =
      serving !== undefined &&
      isUnprobed(containers) &&
      isServed(object, objects) &&
      !doesWithoutProbes(objects);
    for (const container of containers)
      yield* probeProblems(container.spec, container.path, {
        isOptional:
          !isOversight ||
          container !== serving ||
          PROBES.some((probe) => isCommentedOut(object, container.path, `${probe}Probe`)),
        isDifferent: settings.requireDifferentProbes,
        omission: () => documentedOmission(context),
      });
  },
});

function longRunningOf(object: KubeObject): readonly Container[] {
  return containersOf(object).filter(({ longRunning }) => longRunning);
}

/** The first container that serves users on a port other than a UDP port, which no probe can reach. */
function servingOf(containers: readonly Container[]): Container | undefined {
  return containers.find(
    ({ spec }) => list(spec.ports).length > 0 && !opensOnlyUdp(spec) && !isForOwner(spec),
  );
}

function isUnprobed(containers: readonly Container[]): boolean {
  return containers.every(({ spec }) => missingIn(spec).length === PROBES.length);
}

/** Computed once, because it is asked for each workload. */
const doesWithoutProbes = oncePer((objects: ObjectIndex): boolean => {
  const pods = LONG_RUNNING.flatMap((kind) => objects.ofKind(kind)).map(longRunningOf);
  return isOftenOmitted(
    pods.filter((containers) => servingOf(containers) !== undefined),
    isUnprobed,
  );
});
