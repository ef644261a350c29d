import assert from "node:assert/strict";
import { posix } from "node:path";
import fc from "fast-check";
import { joined, normalized } from "../../../tools/gitops/yaml/paths.ts";

const part = fc.constantFrom("", ".", "..", "a", "b.yaml", ".github", "...", "a b");
const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));

describe("paths in a repository", () => {
  it("are joined as by Node, whatever their parts are", () => {
    fc.assert(
      fc.property(path, path, (directory, other) => {
        assert.equal(joined(directory, other), posix.join(directory, other));
      }),
    );
  });

  it("are normalized as by Node, without a slash at the end", () => {
    fc.assert(
      fc.property(path, (one) => {
        assert.equal(normalized(one), posix.normalize(one).replace(/(.)\/$/, "$1"));
      }),
    );
  });
});
