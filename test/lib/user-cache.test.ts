import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { userCache } from "../../lib/user-cache.ts";

describe("user-cache", () => {
  it("is below XDG_CACHE_HOME, else below the home; relative and empty paths do not count", () => {
    const own = `${userInfo().homedir}/.cache/edgefirst`;
    assert.equal(userCache({ XDG_CACHE_HOME: "/cache", HOME: "/home/me" }), "/cache/edgefirst");
    assert.equal(userCache({ XDG_CACHE_HOME: "cache", HOME: "/home/me" }), "/home/me/.cache/edgefirst");
    assert.equal(userCache({ HOME: "/home/me" }), "/home/me/.cache/edgefirst");
    assert.equal(userCache({ HOME: "" }), own);
    assert.equal(userCache({}), own);
  });
});
