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

/** The live object, with a different image and two replicas, and these field managers. */
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

describe("hand edits", () => {
  const edits = (...managers: Parameters<typeof liveWith>): string[] =>
    handEdits(DECLARED, liveWith(...managers)).map(({ path, manager, time }) => `${path} ${manager} ${time}`);

  it("are declared fields that another manager has set to a different value, also inside a list", () => {
    assert.deepEqual(
      edits({ manager: "kubectl-edit", fieldsV1: IMAGE }, { manager: "edgefirst", fieldsV1: REPLICAS }),
      [`spec.template.spec.containers[name=gatus].image kubectl-edit ${TIME}`],
    );
  });

  it("are not fields that the stack still owns, does not declare, that have the declared value, or that a subresource wrote", () => {
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
