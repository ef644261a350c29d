import assert from "node:assert/strict";
import { handEdits } from "../../kube/hand-edits.ts";
import type { KubeObject } from "../../kube/objects.ts";

const DECLARED: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "gatus", namespace: "n" },
  spec: {
    replicas: 1,
    template: { spec: { containers: [{ name: "gatus", image: "gatus:2", args: ["a"] }] } },
  },
};
const IMAGE = {
  "f:spec": {
    "f:template": {
      "f:spec": { "f:containers": { 'k:{"name":"gatus"}': { ".": {}, "f:image": {} } } },
    },
  },
};
const REPLICAS = { "f:spec": { "f:replicas": {} } };
const FINALIZER = { "f:metadata": { "f:finalizers": { ".": {}, 'v:"x"': {} } } };
const TIME = "2026-01-01T00:00:00Z";

/** Live with another image and two replicas, each field with these owners. */
function liveWith(...managers: { manager: string; subresource?: string; fieldsV1: object }[]): KubeObject {
  return {
    ...DECLARED,
    metadata: {
      ...DECLARED.metadata,
      finalizers: ["x"],
      managedFields: managers.map((entry) => ({ operation: "Update", time: TIME, ...entry })),
    },
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ name: "gatus", image: "gatus:1", args: ["a"], added: true }] } },
    },
  };
}

describe("changes by hand", () => {
  const edits = (...managers: Parameters<typeof liveWith>): string[] =>
    handEdits(DECLARED, liveWith(...managers)).map(({ path, manager, time }) => `${path} ${manager} ${time}`);

  it("a declared field that another manager has set to another value, in a list too", () => {
    assert.deepEqual(
      edits({ manager: "kubectl-edit", fieldsV1: IMAGE }, { manager: "edgefirst", fieldsV1: REPLICAS }),
      [`spec.template.spec.containers[name=gatus].image kubectl-edit ${TIME}`],
    );
  });

  it("no change by hand: what the stack still holds, what it does not declare, what has the declared value, what a subresource wrote", () => {
    assert.deepEqual(
      edits(
        { manager: "edgefirst", fieldsV1: IMAGE },
        { manager: "helm", fieldsV1: IMAGE },
        { manager: "autoscaler", subresource: "scale", fieldsV1: REPLICAS },
        { manager: "controller", fieldsV1: FINALIZER },
        { manager: "kubectl", fieldsV1: { "f:spec": { "f:paused": {} }, "f:metadata": { "f:name": {} } } },
      ),
      [],
    );
  });
});
