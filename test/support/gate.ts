import type { Clock } from "../../staging/clock.ts";
import type { Evidence, Revocation, Verification } from "../../staging/evidence.ts";
import type { GateArgs } from "../../staging/gate.ts";
import type { OutputsReading } from "../../staging/stack-outputs.ts";
import { outputsOf } from "./evidence.ts";
import { CLUSTER_UID, scriptedCluster } from "./scripted-cluster.ts";

/** The outputs of an upstream stack on the scripted cluster. It runs the first of these releases. */
export function reading(
  verified: readonly Verification[],
  revoked: readonly Revocation[] = [],
): OutputsReading {
  const outputs = outputsOf(verified[0]?.release ?? "", verified, revoked) as { evidence: Evidence };
  return {
    state: "read",
    outputs: {
      ...outputs,
      evidence: { ...outputs.evidence, cluster: { context: "edge", uid: CLUSTER_UID } },
    },
  };
}

/** Arguments for the gate of main, which runs r1, and release r2. The upstream stack is edge, and its cluster is healthy. */
export function gateOfMain(
  clock: Clock,
  readOutputs: GateArgs["readOutputs"],
  more: Partial<GateArgs> = {},
): GateArgs {
  return {
    project: "edgefirst",
    stack: "main",
    release: "r2",
    current: "r1",
    own: undefined,
    after: ["edge"],
    maxAgeMs: 24 * 3_600_000,
    minAgeMs: 0,
    minSoakMs: 0,
    requiredChecks: [],
    overrides: "accept",
    live: "configured",
    unreachable: "refuse",
    patienceMs: 4_000,
    manifests: {},
    readOutputs,
    readDirectives: () => Promise.resolve({ state: "unknown", message: "none" }),
    windows: [],
    connect: () => scriptedCluster(() => []),
    clock,
    progress: () => undefined,
    ...more,
  };
}
