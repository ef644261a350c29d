import assert from "node:assert/strict";
import { selectedVersion } from "../../policy/objects/helm.ts";

describe("the version in a ref", () => {
  for (const [ref, version] of [
    [{ tag: "4.1.0" }, "4.1.0"],
    [{ tag: "4.1.0@sha256:00" }, "4.1.0"],
    [{ tag: "4.1.0", digest: "sha256:00" }, "4.1.0"],
    [{ tag: "3.7.3", semver: "4.x" }, "4.x"],
    [{ tag: "4.1.0", semver: "" }, "4.1.0"],
    [{ digest: "sha256:00" }, undefined],
    [undefined, undefined],
  ] as const)
    it(`is ${version ?? "unknown"} for ${JSON.stringify(ref)}`, () => {
      assert.equal(selectedVersion(ref), version);
    });
});
