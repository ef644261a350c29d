import assert from "node:assert/strict";
import {
  directivesIn,
  holdOf,
  judgeDirectives,
  NO_DIRECTIVES,
  revocationOf,
  withDirective,
  type Directive,
  type Directives,
} from "../../staging/directives.ts";
import type { Movement } from "../../staging/movement.ts";
import type { OutputsReading } from "../../staging/stack-outputs.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");
const GIVEN = { time: "2026-01-31T11:00:00.000Z", by: "alice@desk", reason: "the disk is replaced" };
const HOLD: Directive = { ...GIVEN, kind: "hold", until: "2026-01-31T18:00:00.000Z" };
const UNHOLD: Directive = { ...GIVEN, kind: "unhold" };
const REVOKE: Directive = { ...GIVEN, kind: "revoke", release: "r2" };
const RESTORE: Directive = { ...GIVEN, kind: "restore", release: "r2" };

/** Given one after another. */
const given = (...all: Directive[]): Directives => all.reduce(withDirective, NO_DIRECTIVES);
const reading = (directives: unknown): OutputsReading => ({ state: "read", outputs: { directives } });

function refusals(all: Directives, release: string, movement: Movement): string[] {
  const args = { stack: "edge", reading: reading(all), release, movement, now: NOW };
  return judgeDirectives(args).map(({ severity, message, hint }) => `${severity}: ${message}\n${hint ?? ""}`);
}

describe("directives", () => {
  it("hold back only moves forward, until the hold expires or is ended", () => {
    const [found = "", ...others] = refusals(given(HOLD), "r3", "forward");
    assert.deepEqual(others, []);
    assert.match(
      found,
      /^error: Stack edge is on hold until 2026-01-31T18:00:00\.000Z, set by alice@desk: the disk is replaced\n.*edgefirst unhold edge/,
    );
    assert.deepEqual(refusals(given(HOLD), "r3", "same"), []);
    assert.deepEqual(refusals(given(HOLD), "r3", "back"), []);
    assert.deepEqual(refusals(given(HOLD, UNHOLD), "r3", "forward"), []);
    assert.equal(refusals(given(HOLD, UNHOLD, HOLD), "r3", "forward").length, 1);
    assert.equal(holdOf(given(HOLD), NOW + 6 * 3_600_000), undefined, "expired");
    const shorter = { ...HOLD, until: "2026-01-31T11:30:00.000Z" };
    assert.equal(holdOf(given(HOLD, shorter), NOW), undefined, "the latest hold counts");
  });

  it("revoke one release for every move, until the revocation is undone", () => {
    for (const movement of ["forward", "same", "back"] as const)
      assert.match(
        refusals(given(REVOKE), "r2", movement)[0] ?? "",
        /^error: Release r2 was revoked on stack edge by alice@desk at .*: the disk is replaced\n.*edgefirst revoke edge r2 --undo/,
      );
    assert.deepEqual(refusals(given(REVOKE), "r3", "forward"), []);
    assert.deepEqual(refusals(given(REVOKE, RESTORE), "r2", "forward"), []);
    assert.deepEqual(refusals(given(RESTORE, HOLD, REVOKE, UNHOLD), "r2", "forward").length, 1);
  });

  it("that cannot be read refuse every move", () => {
    const unreadable: OutputsReading[] = [
      { state: "unreadable", message: "Cannot read the outputs of stack x" },
      reading({ version: 1, entries: [{ kind: "hold" }] }),
    ];
    for (const each of unreadable) {
      const args = { stack: "edge", reading: each, release: "r2", movement: "back", now: NOW } as const;
      assert.match(judgeDirectives(args)[0]?.message ?? "", /^Whether stack edge is on hold is unknown: /);
    }
    assert.deepEqual(directivesIn("edge", { state: "unknown", message: "" }), NO_DIRECTIVES);
  });

  it("from a newer program are kept, with all their fields", () => {
    const newer = { version: 9, extra: true, entries: [{ ...GIVEN, kind: "quarantine", scope: "media" }] };
    const read = directivesIn("edge", reading(newer));
    assert.ok(typeof read !== "string");
    const { entries, ...rest } = withDirective(read, HOLD);
    assert.deepEqual(rest, { version: 9, extra: true });
    assert.deepEqual(entries, [HOLD, ...newer.entries]);
  });

  it("that are no longer in force are dropped once there are more than 50; a revocation in force never is", () => {
    const many = Array.from({ length: 80 }, (_, index) => ({
      ...(index % 2 === 0 ? HOLD : UNHOLD),
    }));
    const all = given(REVOKE, ...many);
    assert.ok(revocationOf(all, "r2"));
    assert.equal(all.entries.length, 52, "50 old ones, the latest unhold and the revocation");
  });
});
