import assert from "node:assert/strict";
import type { CheckId } from "../../config/check-ids.ts";
import { checkRecord, foundByName, recordedChecks } from "../../staging/check-record.ts";
import type { CheckVerdict } from "../../staging/check-round.ts";
import type { WatchResult } from "../../staging/watch-state.ts";

const verdict = (check: CheckId, object: string, fields: Partial<CheckVerdict> = {}): CheckVerdict => ({
  check,
  object,
  state: "held",
  message: "",
  own: false,
  ...fields,
});

/** How a watch ended whose checks ran with these verdicts. */
function ended(
  verdicts: readonly CheckVerdict[],
  fields: Partial<WatchResult> = {},
  notes: Partial<Record<CheckId, readonly string[]>> = {},
): WatchResult {
  const ids = new Set<CheckId>([
    ...verdicts.map(({ check }) => check as CheckId),
    ...(Object.keys(notes) as CheckId[]),
  ]);
  const results = new Map([...ids].map((id) => [id, { verdicts: [], notes: notes[id] }] as const)) as never;
  return {
    soakMs: 0,
    round: { verdicts, results },
    failures: [],
    excused: [],
    recovered: new Set(),
    removed: [],
    ...fields,
  };
}

describe("check record in the evidence", () => {
  it("counts the evaluated objects of its own check, and says which it skipped", () => {
    const result = ended(
      [
        verdict("flux", "Kustomization flux-system/app"),
        verdict("flux", "Kustomization flux-system/idle", { state: "skipped", message: "is suspended" }),
        verdict("gatus", "Gatus endpoint _app"),
      ],
      {
        removed: [
          verdict("flux", "HelmRelease apps/old", { message: "was removed from the repository" }),
          verdict("gatus", "Gatus endpoint _old", { message: "was removed" }),
        ],
      },
      { flux: ["Flux was asked to reconcile."] },
    );
    assert.deepEqual(checkRecord("flux", undefined, result), {
      id: "flux",
      outcome: "held",
      objects: 1,
      notes: [
        "Flux was asked to reconcile.",
        "Kustomization flux-system/idle is suspended.",
        "HelmRelease apps/old was removed from the repository.",
      ],
      unhealthyBefore: [],
    });
  });

  it("fails with one failing object of its check, and names its excused objects", () => {
    const down = verdict("flux", "Kustomization flux-system/down", { state: "failed", message: "boom" });
    const excused = verdict("flux", "Kustomization flux-system/broken", { state: "failed" });
    const failing = ended([down, excused], {
      failures: [verdict("gatus", "Gatus endpoint _app"), down],
      excused: [excused, verdict("gatus", "Gatus endpoint _old")],
    });
    const { outcome, objects, unhealthyBefore } = checkRecord("flux", undefined, failing);
    assert.deepEqual(
      [outcome, objects, unhealthyBefore],
      ["failed", 2, ["Kustomization flux-system/broken"]],
    );
    const other = ended([excused], { failures: [verdict("gatus", "Gatus endpoint _app")] });
    assert.equal(checkRecord("flux", undefined, other).outcome, "held");
  });

  it("does not claim that a check without objects held, except that nothing is left over", () => {
    const idle = verdict("flux", "Kustomization flux-system/idle", { state: "skipped" });
    assert.equal(checkRecord("flux", undefined, ended([idle])).outcome, "nothing");
    assert.equal(checkRecord("flux", undefined, ended([])).outcome, "nothing");
    assert.equal(checkRecord("leftovers", undefined, ended([], {}, { leftovers: [] })).outcome, "held");
  });

  it("gives the reason for a check that the configuration skips", () => {
    assert.deepEqual(checkRecord("gatus", "no Gatus yet", ended([verdict("gatus", "x")])), {
      id: "gatus",
      outcome: "notChecked",
      objects: 0,
      notes: ["no Gatus yet"],
      unhealthyBefore: [],
    });
  });

  it("is written for each check that ran or is skipped, and for no other", () => {
    const result = ended([verdict("flux", "Kustomization flux-system/app")]);
    assert.deepEqual(
      recordedChecks({ gatus: "no Gatus yet" }, result).map(({ id, outcome }) => `${id} ${outcome}`),
      ["flux held", "gatus notChecked"],
    );
  });

  it("lists the healthy objects by check and owner, and those that were unhealthy before", () => {
    const excused = verdict("flux", "Kustomization flux-system/broken", { state: "failed" });
    const result = ended(
      [
        verdict("flux", "Kustomization flux-system/app"),
        verdict("flux", "Kustomization flux-system/flux-apps", { own: true }),
        verdict("flux", "Kustomization flux-system/idle", { state: "skipped" }),
        excused,
        verdict("rollouts", "Deployment network/traefik", { own: true }),
      ],
      { excused: [excused, verdict("gatus", "Gatus endpoint _old")] },
    );
    assert.deepEqual(foundByName(result), {
      flux: {
        held: ["Kustomization flux-system/app"],
        own: ["Kustomization flux-system/flux-apps"],
        unhealthy: ["Kustomization flux-system/broken"],
      },
      rollouts: { held: [], own: ["Deployment network/traefik"], unhealthy: [] },
    });
  });
});
