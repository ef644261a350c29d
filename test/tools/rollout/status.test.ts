import assert from "node:assert/strict";
import { renderStatus } from "../../../tools/cli/status.ts";
import { fleetStatus, type StackSnapshot } from "../../../tools/rollout/status.ts";
import { outputsOf, revocation, verification } from "../../support/evidence.ts";

const NOW = new Date("2026-01-31T15:00:00Z");
const STACKS = [
  { name: "edge", after: [] },
  { name: "main", after: ["edge"] },
];
const OK = { result: "succeeded" } as const;

function status(readings: Record<string, Partial<StackSnapshot>>) {
  const complete = Object.entries(readings).map(
    ([name, reading]) => [name, { outputs: {}, lastUpdate: OK, ...reading }] as const,
  );
  return fleetStatus(STACKS, new Map(complete), NOW);
}

describe("the status of the stacks", () => {
  it("shows release, verification, soak, revision and position", () => {
    const verified = [verification("new"), verification("mid"), verification("old")];
    const statuses = status({
      edge: { outputs: { ...outputsOf("new", verified), fluxRevision: `main@sha1:${"1a2b3c4d".repeat(5)}` } },
      main: { outputs: outputsOf("old", [verification("old")]) },
    });
    assert.deepEqual(
      statuses[0]?.verified.map(({ release, commit }) => `${release} ${commit ?? ""}`),
      ["new new0000", "mid mid0000", "old old0000"],
    );
    assert.deepEqual(statuses[1]?.positions, [{ upstream: "edge", state: "behind", releases: 2 }]);
    assert.deepEqual(renderStatus(statuses, NOW).split("\n"), [
      "STACK  RELEASE  POSITION  VERIFIED  SOAK  GITOPS        UPDATE",
      "edge   new      -         3h ago    5m    main@1a2b3c4  succeeded",
      "main   old      2 behind  3h ago    5m    -             succeeded",
    ]);
  });

  it("shows a failed update after a verification that passed", () => {
    const [edge] = status({
      edge: { outputs: outputsOf("new", [verification("new")]), lastUpdate: { result: "failed" } },
    });
    assert.equal(edge?.verification, "verified");
    assert.deepEqual(edge.notes, ["its last update failed after this verification"]);
    assert.match(renderStatus([edge], NOW), /^edge .* 3h ago .* FAILED$/m);
  });

  it("shows a hold in force, and that a person revoked the release", () => {
    const given = { time: "2026-01-31T14:00:00Z", by: "bob@desk" };
    const entries = [
      { ...given, kind: "hold", reason: "holidays", until: "2026-02-02T00:00:00Z" },
      { ...given, kind: "revoke", reason: "it leaks memory", release: "new" },
      { ...given, kind: "revoke", reason: "it is old", release: "old" },
    ];
    const [edge] = status({
      edge: { outputs: outputsOf("new", [verification("new")]), directives: { version: 1, entries } },
    });
    assert.equal(edge?.hold?.reason, "holidays");
    assert.deepEqual(edge.notes.slice(0, 2), [
      "on hold until 2026-02-02T00:00:00Z, set by bob@desk: holidays",
      "its release was revoked by bob@desk at 2026-01-31T14:00:00Z: it leaks memory",
    ]);
    const expired = entries.map((entry) => ({ ...entry, until: "2026-01-31T14:30:00Z" }));
    const [later] = status({ edge: { outputs: {}, directives: { version: 1, entries: expired } } });
    assert.equal(later?.hold, undefined);
  });

  it("shows a revoked release with its failures; main's is then unproven", () => {
    const [edge, main] = status({
      edge: { outputs: outputsOf("new", [], [revocation("new")]), lastUpdate: { result: "failed" } },
      main: { outputs: outputsOf("new", [verification("new")]) },
    });
    assert.equal(edge?.verification, "revoked");
    assert.deepEqual(edge.notes, ["its verification failed: Gateway network/external: not programmed"]);
    assert.equal(main?.positions[0]?.state, "unproven");
    assert.deepEqual(main.notes, ["edge has not verified this stack's release"]);
  });

  it("shows what a verification did not prove", () => {
    const checks = [
      { id: "gatus", outcome: "notChecked", objects: 0, notes: ["no Gatus"], unhealthyBefore: [] } as const,
    ];
    const record = verification("a", {
      soak: 0,
      checks: checks.map((check) => ({ ...check, notes: [...check.notes], unhealthyBefore: [] })),
    });
    const [edge] = status({ edge: { outputs: outputsOf("a", [record]) } });
    assert.deepEqual(edge?.notes, [
      "not proven: no soak: every check held only once",
      "not proven: not checked: gatus: no Gatus",
    ]);
  });

  it("shows an override while it is in force", () => {
    const under = (expires: string) =>
      status({
        edge: { outputs: outputsOf("r", [verification("r", { override: { reason: "fire", expires } })]) },
      })[0]!;
    assert.deepEqual(under("2026-01-31T16:00:00Z").override, {
      reason: "fire",
      expires: "2026-01-31T16:00:00Z",
    });
    assert.match(under("2026-01-31T16:00:00Z").notes.join(), /override until .*: fire/);
    assert.equal(under("2026-01-31T14:00:00Z").override, undefined);
  });

  it("lists drift, or reports that there is none", () => {
    const none = { changes: [], unchanged: 3, warnings: [], violations: [], outputs: {} };
    const changes = [
      { kind: "update", object: "Service network/traefik", properties: ["metadata.labels"] },
      { kind: "delete", object: "Deployment network/traefik", properties: [] },
    ] as const;
    const outputs = outputsOf("r", [verification("r")]);
    assert.deepEqual(status({ edge: { outputs, drift: none } })[0]?.notes, ["no drift"]);
    assert.deepEqual(status({ edge: { outputs, drift: { ...none, changes } } })[0]?.notes, [
      "drift: Service network/traefik (metadata.labels), Deployment network/traefik is gone",
    ]);
  });

  it("keeps drift for scripts, with every property that differs", () => {
    const change = { kind: "update", object: "Service a", properties: ["data", "spec"] } as const;
    const drift = { changes: [change], unchanged: 0, warnings: [], violations: [], outputs: {} };
    const [edge] = status({ edge: { outputs: outputsOf("r", [verification("r")]), drift } });
    assert.deepEqual(edge?.drift, ["Service a (data, spec)"]);
    const [unread] = status({ edge: {} });
    assert.ok(unread !== undefined && !("drift" in unread) && !("release" in unread));
  });

  it("shows that a stack runs the same release as its upstream stack", () => {
    const outputs = outputsOf("r", [verification("r")]);
    const [, main] = status({ edge: { outputs }, main: { outputs } });
    assert.deepEqual(main?.positions, [{ upstream: "edge", state: "level", releases: 0 }]);
    const left = outputsOf("next", [verification("r")]);
    const [, alone] = status({ edge: { outputs: left }, main: { outputs } });
    assert.deepEqual(alone?.positions, [{ upstream: "edge", state: "behind", releases: 0 }]);
  });

  it("knows no verification of a release without one, or of a stack without a release", () => {
    const outputs = outputsOf("new", [verification("old")]);
    for (const release of ["new", "", 7]) {
      const [edge] = status({ edge: { outputs: { ...outputs, release } } });
      assert.equal(edge?.verification, "none");
      assert.ok(!("verifiedAt" in edge));
      assert.equal(edge.release, release === "new" ? "new" : undefined);
    }
  });

  it("no longer shows an override at the time when it expires", () => {
    const override = { reason: "fire", expires: NOW.toISOString() };
    const [edge] = status({ edge: { outputs: outputsOf("r", [verification("r", { override })]) } });
    assert.ok(!("override" in edge!));
  });

  it("has a line for a stack that never ran or cannot be read", () => {
    const statuses = status({
      edge: { lastUpdate: undefined },
      main: { lastUpdate: undefined, error: "The outputs of stack main cannot be read: no backend" },
    });
    const text = renderStatus(statuses, NOW);
    assert.match(text, /^edge +- +- +never/m);
    assert.match(text, /^edge: Stack edge has never been brought up\.$/m);
    assert.match(text, /^main: The outputs of stack main cannot be read: no backend$/m);
    assert.match(text, /^main: it waits for edge$/m);
  });

  it("fits the table into 80 columns, even with long names", () => {
    const long = "a-very-long-name-of-a-stack";
    const outputs = {
      ...outputsOf("0123456789ab", [verification("0123456789ab")]),
      fluxRevision: `refs/heads/a-very-long-branch@sha1:${"1a2b3c4d".repeat(5)}`,
    };
    const statuses = fleetStatus(
      [{ name: long, after: ["unread"] }],
      new Map([[long, { outputs, lastUpdate: { result: "succeeded" } }]]),
      NOW,
    );
    const [head = "", row = ""] = renderStatus(statuses, NOW).split("\n");
    assert.ok(head.length <= 80 && row.length <= 80, `${head.length}, ${row.length}`);
  });
});
