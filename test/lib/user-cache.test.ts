import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { userCache } from "../../lib/user-cache.ts";

describe("user-cache", () => {
  it("is in XDG_CACHE_HOME, or else in the home directory; relative and empty paths are ignored", () => {
    const own = `${userInfo().homedir}/.cache/edgefirst`;
    assert.equal(userCache({ XDG_CACHE_HOME: "/cache", HOME: "/home/me" }), "/cache/edgefirst");
    assert.equal(userCache({ XDG_CACHE_HOME: "cache", HOME: "/home/me" }), "/home/me/.cache/edgefirst");
    assert.equal(userCache({ HOME: "/home/me" }), "/home/me/.cache/edgefirst");
    assert.equal(userCache({ HOME: "" }), own);
    assert.equal(userCache({}), own);
  });
});
