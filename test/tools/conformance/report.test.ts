import assert from "node:assert/strict";
import { EXPECTED_FAILURES, parseReport, surprises, type Report } from "../../../tools/conformance/report.ts";

describe("conformance report", () => {
  const statistics = { Passed: 1, Failed: 0, Skipped: 0 };
  const report = (core: readonly string[], extended: readonly string[]): Report => ({
    gatewayAPIVersion: "v1.6.3",
    gatewayAPIChannel: "standard",
    implementation: { version: "v3.7.13" },
    profiles: [
      { name: "GATEWAY-GRPC", core: { statistics } },
      {
        name: "GATEWAY-HTTP",
        core: { statistics, failedTests: core },
        extended: { statistics, failedTests: extended },
      },
    ],
  });

  it("is refused if the suite ended before its first test, so that the previous report is kept", () => {
    assert.throws(
      () => parseReport("profiles: null\n", "suite.log"),
      /The suite ran no test\. Its log: suite\.log/,
    );
  });

  it("is accepted with the expected failures only", () => {
    assert.deepEqual(surprises(report(EXPECTED_FAILURES, [])), []);
  });

  it("names every other failure, and an expected failure that passes", () => {
    const [first = ""] = EXPECTED_FAILURES;
    assert.deepEqual(surprises(report(["CoreTest"], ["ExtendedTest"])), [
      "CoreTest failed",
      "ExtendedTest failed",
      `${first} passed: remove it from EXPECTED_FAILURES and from the page`,
    ]);
  });
});
