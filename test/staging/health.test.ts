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

describe("the message of an object's health", () => {
  const report = (live: KubeObject): string => {
    const { state, message } = objectHealth(live);
    return `${state}: ${message}`;
  };
  const withConditions = (kind: string, ...conditions: object[]) => object(kind, {}, { conditions });

  it("is that of the condition that each kind requires", () => {
    const required = {
      CustomResourceDefinition: "Established",
      GatewayClass: "Accepted",
      GitRepository: "Ready",
      OCIRepository: "Ready",
      HelmRepository: "Ready",
      HelmChart: "Ready",
      Kustomization: "Ready",
      HelmRelease: "Ready",
    };
    for (const [kind, type] of Object.entries(required)) {
      const is = (status: string, extra?: object) =>
        report(withConditions(kind, condition("Other", "False"), condition(type, status, extra)));
      assert.equal(report(object(kind, {}, undefined)), `progressing: ${type}: no status yet`);
      assert.equal(is("Unknown", { message: "working" }), `progressing: ${type}: working`);
      assert.equal(is("True", { message: "stored artifact" }), "healthy: stored artifact");
      assert.equal(is("True"), "healthy: ");
      assert.equal(is("False", { message: "boom", reason: "Failed" }), `failed: ${type}: boom`);
      assert.equal(is("False", { reason: "Failed" }), `failed: ${type}: Failed`);
      assert.equal(is("False"), `failed: ${type}: False`);
      assert.equal(is("False", { observedGeneration: 1 }), `progressing: ${type}: no status yet`);
    }
    assert.equal(report(object("ConfigMap", {}, undefined)), "present: ");
  });

  it("counts a Deployment's replicas, unless the controller says why pods are missing", () => {
    const deployment = (spec: object, status?: object, generation = 2) =>
      report(object("Deployment", spec, status, generation));
    const failing = (type: string, status: string, extra?: object) =>
      deployment(
        {},
        {
          availableReplicas: 1,
          conditions: [condition("Available", "True"), condition(type, status, extra)],
        },
      );
    assert.equal(deployment({}), "progressing: 0 of 1 available");
    assert.equal(deployment({ replicas: 0 }, {}, 0), "healthy: 0 of 0 available");
    assert.equal(deployment({ replicas: 3 }, { availableReplicas: 2 }), "progressing: 2 of 3 available");
    const all = { availableReplicas: 2, updatedReplicas: 2 };
    assert.equal(
      deployment({ replicas: 2 }, { ...all, observedGeneration: 1 }),
      "progressing: 2 of 2 available",
    );
    assert.equal(deployment({ replicas: 2 }, { ...all, observedGeneration: 3 }), "healthy: 2 of 2 available");
    assert.equal(
      deployment({ replicas: 2 }, { observedGeneration: 2, availableReplicas: 2 }),
      "progressing: 2 of 2 available",
    );
    assert.equal(failing("Progressing", "False", { message: "deadline" }), "failed: deadline");
    assert.equal(failing("Progressing", "False"), "failed: 1 of 1 available");
    assert.equal(failing("Progressing", "True", { message: "rolling" }), "progressing: 1 of 1 available");
    assert.equal(failing("ReplicaFailure", "True", { message: "quota" }), "failed: quota");
    assert.equal(failing("ReplicaFailure", "True"), "failed: 1 of 1 available");
    assert.equal(failing("ReplicaFailure", "False", { message: "quota" }), "progressing: 1 of 1 available");
  });

  it("lists a load balancer's addresses", () => {
    const service = (status: unknown, type = "LoadBalancer") => report(object("Service", { type }, status));
    const ingress = [{ ip: "192.0.2.1" }, { hostname: "lb.example.com" }, {}];
    assert.equal(service({ loadBalancer: { ingress } }), "healthy: 192.0.2.1, lb.example.com, ");
    for (const status of [undefined, {}, { loadBalancer: {} }, { loadBalancer: { ingress: [] } }])
      assert.equal(service(status), "progressing: no address yet");
    assert.equal(service({}, "ClusterIP"), "present: ");
    assert.equal(report(object("Other", { type: "LoadBalancer" }, {})), "present: ");
  });

  it("names the listener that is not healthy, of those in the Gateway's spec", () => {
    const all = ["Accepted", "ResolvedRefs", "Programmed"].map((type) => condition(type, "True"));
    const gateway = (listeners: readonly object[] | undefined, status: object = {}) =>
      report(
        object("Gateway", { listeners }, { conditions: all, ...(listeners && { listeners }), ...status }),
      );
    assert.equal(gateway([{ name: "web", conditions: all }]), "healthy: ");
    assert.equal(gateway(undefined), "healthy: ");
    assert.equal(report(object("Gateway", undefined, undefined)), "progressing: Accepted: no status yet");
    assert.equal(
      gateway([{ name: "web" }], { listeners: undefined }),
      "progressing: listener web: Accepted: no status yet",
    );
    for (const type of ["Accepted", "ResolvedRefs", "Programmed"]) {
      const conditions = [
        ...all.filter((each) => !JSON.stringify(each).includes(type)),
        condition(type, "False"),
      ];
      assert.equal(
        gateway([
          { name: "web", conditions: all },
          { name: "tls", conditions },
        ]),
        `failed: listener tls: ${type}: False`,
      );
    }
    for (const type of ["Accepted", "Programmed"])
      assert.equal(
        gateway([], {
          conditions: [
            ...all.filter((each) => !JSON.stringify(each).includes(type)),
            condition(type, "False"),
          ],
        }),
        `failed: ${type}: False`,
      );
  });

  it("is that of the first parent that failed, or else of the first that is not ready", () => {
    const state = (parentRef: object, status: string, type = "Accepted") => ({
      parentRef,
      conditions: [condition("Accepted", "True"), condition("ResolvedRefs", "True")].map((each) =>
        JSON.stringify(each).includes(`"${type}"`) ? condition(type, status, { message: status }) : each,
      ),
    });
    const route = (parents: readonly object[], parentRefs: readonly object[]) =>
      report({
        ...object("HTTPRoute", { parentRefs }, { parents }),
        metadata: { name: "app", namespace: "apps" },
      });
    const [one, two] = [{ name: "one" }, { name: "two" }];
    assert.equal(route([], [one, two]), "progressing: not yet accepted by its parent one");
    assert.equal(route([state(one, "Unknown"), state(two, "False")], [one, two]), "failed: Accepted: False");
    assert.equal(
      route([state(one, "False", "ResolvedRefs"), state(two, "False")], [one, two]),
      "failed: ResolvedRefs: False",
    );
    assert.equal(route([state(one, "Unknown")], [one, two]), "progressing: Accepted: Unknown");
    assert.equal(route([state(one, "True"), state(two, "True")], [one, two]), "healthy: ");
    assert.equal(route([{ parentRef: one }], [one]), "progressing: Accepted: no status yet");
    assert.equal(report(object("HTTPRoute", undefined, undefined)), "healthy: ");
    // A status names the namespace that a parentRef may leave out, and one Gateway may be a parent twice.
    const here = { name: "one", namespace: "apps" };
    assert.equal(route([state(here, "True")], [one]), "healthy: ");
    const not = "progressing: not yet accepted by its parent one";
    assert.equal(route([state({ name: "one", namespace: "other" }, "True")], [one]), not);
    for (const other of [{ sectionName: "web" }, { port: 443 }])
      assert.equal(route([state({ ...one, ...other }, "True")], [one]), not);
    assert.equal(
      route(
        [state({ ...one, sectionName: "a", port: 1 }, "True"), state({ ...one, sectionName: "b" }, "False")],
        [{ ...one, sectionName: "a", port: 1 }],
      ),
      "healthy: ",
    );
  });
});
