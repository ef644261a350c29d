import assert from "node:assert/strict";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { kustomization, messages, resultOf } from "../planning.ts";

describe("migrate namespace: children with sources in several namespaces", () => {
  it("are refused, with both namespaces", () => {
    const spec = { deletionPolicy: "Orphan" };
    const far = { sourceRef: { kind: "GitRepository", name: "home", namespace: "games" } };
    const result = resultOf(
      namespace,
      {
        "flux/sync.yaml": kustomization("cluster-apps", "./apps"),
        "apps/near.yaml": kustomization("near", "./near", spec),
        "apps/far.yaml": kustomization("far", "./far", { ...spec, ...far }),
      },
      { namespace: { phases: { ".": "move" } } },
    );
    assert.deepEqual(messages(result, "refused"), [
      "cannot move: the source of flux-system/far is in games, and another child, whose sourceRef has no namespace, has its source in flux-system: one patch sets the namespace of all, so set it in every sourceRef",
    ]);
  });
});
