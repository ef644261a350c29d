import assert from "node:assert/strict";
import { endOf, gatesOf, newDirective } from "../../../tools/cli/hold.ts";
import { knownReleases, releaseNamed } from "../../../tools/cli/revoke.ts";
import { outputsOf, revocation, verification } from "../../support/evidence.ts";

const NOW = new Date("2026-01-31T12:00:00Z");

describe("edgefirst hold and revoke", () => {
  it("accept the end of a hold as a time or a duration, within 90 days", () => {
    assert.equal(endOf("24h", NOW).toISOString(), "2026-02-01T12:00:00.000Z");
    assert.equal(endOf("1h30m", NOW).toISOString(), "2026-01-31T13:30:00.000Z");
    assert.equal(endOf("2026-01-31T14:00+01:00", NOW).toISOString(), "2026-01-31T13:00:00.000Z");
    for (const text of ["tomorrow", "24", "2026-02-01", "2026-02-01T12:00", "2026-13-01T12:00Z"])
      assert.throws(() => endOf(text, NOW), /is neither a time nor a duration/, text);
    for (const text of ["2026-01-31T12:00Z", "0s", "9999-12-31T00:00Z", "2161h"])
      assert.throws(() => endOf(text, NOW), /is not within the next 90 days/, text);
  });

  it("need a reason, and record who gave it", () => {
    assert.throws(() => newDirective("hold", "  because ", NOW), /--reason "because" is too short/);
    const { kind, time, by, reason } = newDirective("hold", " the disk is replaced ", NOW);
    assert.deepEqual([kind, time, reason], ["hold", "2026-01-31T12:00:00.000Z", "the disk is replaced"]);
    assert.match(by, /./);
  });

  it("name the stacks whose gates are affected", () => {
    assert.equal(gatesOf(["edge", "main"]), "The gates of edge, main refuse");
    assert.equal(gatesOf(["last"]), "The gate of last refuses");
  });

  it("find a release by the start of its hash", () => {
    const known = knownReleases("edge", outputsOf("aab1", [verification("aab1")], [revocation("abc2")]));
    assert.equal(releaseNamed("edge", "aa", known), "aab1");
    assert.equal(releaseNamed("edge", "abc2", known), "abc2");
    assert.throws(() => releaseNamed("edge", "a", known), /a matches more than one release .*\n.*aab1, abc2/);
    assert.throws(
      () => releaseNamed("edge", "x", known),
      /edge has no release x\.\nIts releases: aab1, abc2/,
    );
    assert.deepEqual(knownReleases("edge", {}), []);
  });
});
