import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { readCheckout } from "../../staging/checkout.ts";
import { descendsFrom } from "../../staging/git-history.ts";

describe("the git history of a real repository", () => {
  let repository: string;
  let base: string;
  let tip: string;
  let side: string;
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  const commit = (name: string): string => {
    git("commit", "--quiet", "--allow-empty", "--message", name);
    return git("rev-parse", "HEAD");
  };

  before(() => {
    repository = mkdtempSync(join(tmpdir(), "edgefirst-repository-"));
    git("init", "--quiet", "--initial-branch=main");
    base = commit("base");
    git("checkout", "--quiet", "-b", "side");
    side = commit("side");
    git("checkout", "--quiet", "main");
    commit("middle");
    tip = commit("tip");
  });
  after(() => {
    rmSync(repository, { recursive: true, force: true });
  });

  it("recognizes descendants", async () => {
    assert.equal(await descendsFrom(repository, tip, base), true);
    assert.equal(await descendsFrom(repository, base, tip), false);
    assert.equal(await descendsFrom(repository, tip, side), false);
  });

  it("reports what it cannot check, and leaves no files", async () => {
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("edgefirst-history-"));
    const earlier = folders();
    await assert.rejects(descendsFrom(repository, tip, "0".repeat(40)), EdgefirstError);
    await assert.rejects(descendsFrom(join(repository, "nowhere"), tip, base), /cannot check/);
    assert.deepEqual(folders(), earlier);
  });

  it("reads the checkout's commit, and whether it has uncommitted changes", async () => {
    assert.deepEqual(await readCheckout(repository), { commit: tip, dirty: false });
    execFileSync("touch", [join(repository, "new")]);
    assert.deepEqual(await readCheckout(repository), { commit: tip, dirty: true });
    assert.deepEqual(await readCheckout(tmpdir()), { commit: null, dirty: false });
  });
});
