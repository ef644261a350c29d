import assert from "node:assert/strict";
import { verificationErrors } from "../../config/verification-errors.ts";

/** The errors of a stack with one query. */
function errorsOf(fields: { query?: string; window?: string }, soak = "5m"): string[] {
  return verificationErrors({
    verification: { soak, withoutSoak: "nothing runs there yet", timeout: "100000h", interval: "5s" },
    checks: { queries: { errors: { query: "up", empty: "wait", ...fields } } },
  });
}

describe("a query of a stack's own checks", () => {
  it("that looks back too far is refused with what to do, in every unit of PromQL", () => {
    assert.deepEqual(errorsOf({ query: "rate(x[2m])" }, "1m"), [
      "edgefirst:checks.queries.errors: looks back 2m, which is longer than the soak of 1m, and would read samples from before the update; use $window in the query, or set a longer edgefirst:verification.soak",
    ]);
    for (const [range, soak] of [
      ["61001ms", "61s"],
      ["61s", "1m"],
      ["61m", "1h"],
      ["1h1s", "1h"],
      ["1d", "23h59m"],
      ["1w", "167h"],
      ["1y", "8759h"],
    ] as const)
      assert.match(
        errorsOf({ query: `rate(x[ ${range}])` }, soak).join(),
        new RegExp(`looks back ${range},`),
      );
    for (const [range, soak] of [
      ["61000ms", "61s"],
      ["1d", "24h"],
      ["1w", "168h"],
      ["1y", "8760h"],
    ] as const)
      assert.deepEqual(errorsOf({ query: `rate(x[${range}])` }, soak), []);
    assert.deepEqual(errorsOf({ query: "x{a=\"[9h]\", b='[9h]', c=`[9h]`}" }, "1m"), []);
  });

  it("may not look back further than the soak", () => {
    assert.match(errorsOf({ window: "6m" }).join(), /looks back 6m, which is longer than the soak of 5m/);
    assert.match(errorsOf({ query: "rate(x[1h30m])" }).join(), /looks back 1h30m/);
    assert.match(errorsOf({ query: "max_over_time(x[1d:1m])" }).join(), /looks back 1d/);
    for (const settings of [
      { window: "5m" },
      { query: "rate(x[$window])" },
      { query: "rate(x[5m])" },
      { query: 'x{path="[1h]"}' },
      { query: "x offset 1h" },
    ])
      assert.deepEqual(errorsOf(settings), []);
    assert.deepEqual(errorsOf({ window: "6m" }, "0s"), [], "without a soak, every sample is old");
  });
});
