import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgefirstError } from "../../lib/errors.ts";
import { readCheckout } from "../../staging/checkout.ts";
import { descendsFrom } from "../../staging/git-history.ts";
import { temporaryDirectory } from "../support/temporary.ts";

describe("the git history of a real repository", () => {
  const repository = temporaryDirectory("edgefirst-repository-");
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
    git("init", "--quiet", "--initial-branch=main");
    base = commit("base");
    git("checkout", "--quiet", "-b", "side");
    side = commit("side");
    git("checkout", "--quiet", "main");
    commit("middle");
    tip = commit("tip");
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

  it("says in one line what git reported, with both commits and the address", async () => {
    const missing = "0".repeat(40);
    const error = await descendsFrom(repository, tip, missing).catch((reason: unknown) => reason);
    assert.ok(error instanceof EdgefirstError);
    const [what = "", ...hint] = error.message.split("\n");
    const start = `git cannot check whether ${tip} descends from ${missing} in ${repository}: `;
    assert.ok(what.startsWith(start), what);
    assert.match(what.slice(start.length), /^(fatal|error): \S.*(not our ref|0{40})/);
    assert.match(
      hint.join("\n"),
      /Give git on this machine access to the repository, or set edgefirst:promotion\.history to a URL or clone that it can read\.$/,
    );
    assert.ok(error.cause instanceof Error);
  });

  it("reports that git is not installed", async () => {
    const { PATH } = process.env;
    process.env.PATH = "/nowhere";
    try {
      await assert.rejects(descendsFrom(repository, tip, base), (error: Error) => {
        assert.match(error.message, /: spawn git ENOENT\n/);
        return true;
      });
    } finally {
      process.env.PATH = PATH;
    }
  });

  it("reports an object that is not a commit, instead of no descent", async () => {
    const tree = git("rev-parse", "HEAD^{tree}");
    await assert.rejects(descendsFrom(repository, tip, tree), /cannot check whether .*: (fatal|error): /);
  });

  it("reads the checkout's commit, and whether it has uncommitted changes", async () => {
    assert.deepEqual(await readCheckout(repository), { commit: tip, dirty: false });
    execFileSync("touch", [join(repository, "new")]);
    assert.deepEqual(await readCheckout(repository), { commit: tip, dirty: true });
    assert.deepEqual(await readCheckout(tmpdir()), { commit: null, dirty: false });
  });
});
