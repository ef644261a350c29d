import assert from "node:assert/strict";
import { AddressPool } from "../../../tools/sandbox/agent/addresses.ts";
import { type Condition, type Pod } from "../../../tools/sandbox/agent/pod.ts";
import { simulatedStatus } from "../../../tools/sandbox/agent/simulated-status.ts";

const placement = { podIP: "10.244.0.2", hostIP: "10.244.0.1", now: "2026-01-01T00:00:00Z" };
const later = { ...placement, now: "2026-01-01T01:00:00Z" };
const pod = (spec: Partial<Pod["spec"]> = {}, rest: Partial<Pod> = {}): Pod => ({
  metadata: { name: "web", namespace: "default", uid: "u" },
  spec: { containers: [{ name: "web", image: "web:1" }], ...spec },
  status: {},
  ...rest,
});
const conditionOf = (conditions: readonly Condition[] | undefined, type: string) =>
  conditions?.find((condition) => condition.type === type);

describe("sandbox agent: the status of a simulated pod", () => {
  it("is running, ready and marked as simulated", () => {
    const status = simulatedStatus(pod(), placement);
    assert.equal(status.phase, "Running");
    assert.equal(conditionOf(status.conditions, "Ready")?.status, "True");
    assert.equal(conditionOf(status.conditions, "edgefirst.dev/Simulated")?.status, "True");
    assert.deepEqual(status.containerStatuses?.[0]?.state, { running: { startedAt: placement.now } });
  });

  it("does not change within an hour", () => {
    const status = simulatedStatus(pod(), placement);
    assert.deepEqual(simulatedStatus(pod({}, { status }), later), status);
  });

  it("is ready only once the readiness gates are open", () => {
    const gate = { readinessGates: [{ conditionType: "example.com/gate" }] };
    const closed = simulatedStatus(pod(gate), placement);
    assert.equal(conditionOf(closed.conditions, "Ready")?.status, "False");
    assert.equal(conditionOf(closed.conditions, "ContainersReady")?.status, "True");
    const conditions = [...(closed.conditions ?? []), { type: "example.com/gate", status: "True" } as const];
    const open = simulatedStatus(pod(gate, { status: { ...closed, conditions } }), later);
    assert.deepEqual(conditionOf(open.conditions, "Ready"), {
      type: "Ready",
      status: "True",
      lastTransitionTime: later.now,
    });
  });

  it("is Succeeded for a Job's pod, sidecars included", () => {
    const sidecar = { name: "sidecar", image: "sidecar:1", restartPolicy: "Always" as const };
    const metadata = { name: "once", namespace: "default", uid: "u", ownerReferences: [{ kind: "Job" }] };
    const status = simulatedStatus(pod({ initContainers: [sidecar] }, { metadata }), placement);
    assert.equal(status.phase, "Succeeded");
    for (const { state } of [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]) {
      assert.deepEqual(Object.keys(state), ["terminated"]);
    }
    assert.equal(conditionOf(status.conditions, "Ready")?.reason, "PodCompleted");
  });

  it("shows a container's changed image", () => {
    const status = simulatedStatus(pod(), placement);
    const changed = simulatedStatus(
      pod({ containers: [{ name: "web", image: "web:2" }] }, { status }),
      later,
    );
    assert.equal(changed.containerStatuses?.[0]?.image, "web:2");
  });
});

describe("sandbox agent: an address pool", () => {
  it("assigns one address per owner and releases it", () => {
    const pool = new AddressPool("10.98.3.0/24");
    assert.equal(pool.claim("a"), "10.98.3.1");
    assert.equal(pool.claim("b"), "10.98.3.2");
    assert.equal(pool.claim("a"), "10.98.3.1");
    assert.equal(pool.reserve("10.98.3.2", "c"), false);
    pool.retain(new Set(["b"]));
    assert.equal(pool.claim("c"), "10.98.3.1");
  });

  it("ends at its last usable address", () => {
    const pool = new AddressPool("10.0.0.0/30");
    assert.deepEqual(
      [pool.claim("a"), pool.claim("b"), pool.claim("c")],
      ["10.0.0.1", "10.0.0.2", undefined],
    );
  });
});
