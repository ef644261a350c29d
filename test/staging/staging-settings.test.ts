import assert from "node:assert/strict";
import { refuseSenseless } from "../../staging/staging-settings.ts";

const NO_CHECKS = { queries: {}, http: {}, jobs: {} };

describe("settings of a verification", () => {
  const check =
    (fields: { soak?: string; timeout?: string; interval?: string; withoutSoak?: string }) => () => {
      const verification = {
        soak: "5m",
        timeout: "30m",
        interval: "5s",
        patience: "2m",
        skip: {},
        removed: {},
        ignore: {},
      };
      refuseSenseless({ verification: { ...verification, ...fields }, checks: NO_CHECKS });
    };

  it("may have no soak only with a reason", () => {
    assert.throws(check({ soak: "0s" }), /soak: 0s proves little.*verification\.withoutSoak/);
    assert.doesNotThrow(check({ soak: "0s", withoutSoak: "nothing runs there yet" }));
  });

  it("must be able to pass: the soak is shorter than the timeout", () => {
    assert.throws(check({ soak: "30m" }), /no verification could ever pass/);
    assert.doesNotThrow(check({ soak: "29m" }));
  });

  it("must check the cluster during the soak", () => {
    assert.throws(check({ interval: "6m" }), /interval: 6m is longer than the soak of 5m/);
    assert.doesNotThrow(check({ interval: "5m" }));
  });
});
