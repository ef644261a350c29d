import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { objectHealth } from "../../staging/health.ts";

function object(kind: string, spec: unknown, status: unknown, generation = 2): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name: "x", generation }, spec, status };
}
const condition = (type: string, status: string, extra: object = {}): object => ({ type, status, ...extra });

describe("object health", () => {
  const cases: readonly [string, KubeObject, string][] = [
    [
      "a Kustomization that is ready",
      object("Kustomization", {}, { conditions: [condition("Ready", "True", { observedGeneration: 2 })] }),
      "healthy",
    ],
    [
      "a Kustomization that is ready at an older generation",
      object("Kustomization", {}, { conditions: [condition("Ready", "True", { observedGeneration: 1 })] }),
      "progressing",
    ],
    [
      "a Kustomization that failed",
      object("Kustomization", {}, { conditions: [condition("Ready", "False", { message: "no such path" })] }),
      "failed",
    ],
    [
      "a Kustomization that is reconciling",
      object("Kustomization", {}, { conditions: [condition("Ready", "Unknown")] }),
      "progressing",
    ],
    [
      "a Gateway that is accepted but not programmed",
      object(
        "Gateway",
        {},
        { conditions: [condition("Accepted", "True"), condition("Programmed", "Unknown")] },
      ),
      "progressing",
    ],
    [
      "a Gateway that is accepted and programmed",
      object("Gateway", {}, { conditions: [condition("Accepted", "True"), condition("Programmed", "True")] }),
      "healthy",
    ],
    ["a GatewayClass without a controller", object("GatewayClass", {}, {}), "progressing"],
    [
      "a Deployment whose pods a quota rejects",
      object(
        "Deployment",
        { replicas: 1 },
        { observedGeneration: 2, availableReplicas: 1, conditions: [condition("ReplicaFailure", "True")] },
      ),
      "failed",
    ],
    [
      "a Deployment with all replicas",
      object(
        "Deployment",
        { replicas: 2 },
        { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 2 },
      ),
      "healthy",
    ],
    [
      "a Deployment with old replicas",
      object(
        "Deployment",
        { replicas: 2 },
        { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 1 },
      ),
      "progressing",
    ],
    [
      "a Deployment past its deadline",
      object(
        "Deployment",
        { replicas: 1 },
        { conditions: [condition("Progressing", "False", { message: "deadline" })] },
      ),
      "failed",
    ],
    [
      "a route accepted by one of two parents",
      object(
        "HTTPRoute",
        { parentRefs: [{ name: "external" }, { name: "internal" }] },
        {
          parents: [
            {
              parentRef: { name: "external" },
              conditions: [condition("Accepted", "True"), condition("ResolvedRefs", "True")],
            },
          ],
        },
      ),
      "progressing",
    ],
    [
      "a route not accepted by its parent",
      object(
        "HTTPRoute",
        { parentRefs: [{ name: "external" }] },
        {
          parents: [
            {
              parentRef: { name: "external" },
              conditions: [condition("Accepted", "False"), condition("ResolvedRefs", "True")],
            },
          ],
        },
      ),
      "failed",
    ],
    ["a ConfigMap", object("ConfigMap", undefined, undefined), "present"],
  ];
  for (const [what, live, expected] of cases)
    it(`calls ${what} ${expected}`, () => {
      assert.equal(objectHealth(live).state, expected);
    });

  it("gives the condition's message", () => {
    assert.equal(objectHealth(cases[2]![1]).message, "Ready: no such path");
  });
});
