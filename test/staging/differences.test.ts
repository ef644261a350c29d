import assert from "node:assert/strict";
import { describeDifference, differencesFrom } from "../../staging/differences.ts";
import { verification } from "../support/evidence.ts";

const record = verification("r1", { settings: { "flux.root.mode": "observe", placement: "shared" } });

describe("differences from an upstream stack", () => {
  it("are the settings that both record with different values, with the reason if one is configured", () => {
    const settings = { "flux.root.mode": "manage", placement: "shared", newer: "yes" };
    const found = differencesFrom("edge", record, {
      settings,
      accept: { "flux.root.mode": "main was handed over" },
    });
    assert.deepEqual(found, [
      {
        stack: "edge",
        setting: "flux.root.mode",
        there: "observe",
        here: "manage",
        accepted: "main was handed over",
      },
    ]);
    assert.deepEqual(Object.keys(differencesFrom("edge", record, { settings })[0] ?? {}), [
      "stack",
      "setting",
      "there",
      "here",
    ]);
    assert.deepEqual(differencesFrom("edge", verification("r1"), { settings }), []);
    assert.deepEqual(differencesFrom("edge", record, {}), []);
  });

  it("are described with both values, and with the reason for accepting them", () => {
    const difference = { stack: "edge", setting: "placement", there: "shared", here: "dedicated" };
    assert.equal(describeDifference(difference), "placement is shared in stack edge, and dedicated here");
    assert.equal(
      describeDifference({ ...difference, accepted: "two nodes" }),
      "placement is shared in stack edge, and dedicated here (accepted: two nodes)",
    );
  });
});
