import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writeRevision } from "../../../tools/gitops/revision.ts";
import { GitRepository } from "../../support/git.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");
const map = (value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: media }\ndata: { key: ${value} }\n`;

describe("edgefirst diff: revisions and directories", function () {
  this.timeout(60_000);
  let repository: GitRepository;
  beforeEach(() => {
    repository = new GitRepository();
    repository.commit({ "apps/a.yaml": map("a") });
  });

  const diff = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, "diff", ...args], { encoding: "utf8", cwd: repository.dir });

  it("exits with 0 without a difference, 1 with one, 2 for an unknown revision, 3 if something was not built", () => {
    assert.deepEqual([diff("main").status, diff("main").stdout], [0, "Nothing changes in the repository.\n"]);
    repository.commit({ "apps/a.yaml": map("b") });
    const { status, stdout } = diff("HEAD^", "HEAD");
    assert.equal(status, 1);
    assert.match(stdout, /^~ changed ConfigMap media\/a$[\s\S]*^ {2}- {2}key: a$\n^ {2}\+ {2}key: b$/m);
    assert.ok(!stdout.includes("\u001b["), "coloured without a terminal");
    assert.equal(diff("HEAD^", "HEAD", "--fail-on", "dangerous").status, 0);
    const unknown = diff("nowhere");
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /^edgefirst: nowhere is neither a directory nor a revision of /);
    repository.commit({ "apps/broken.yaml": "a: [\n" });
    assert.equal(diff("HEAD", "HEAD").status, 3);
    assert.equal(diff("HEAD^", "HEAD", "--fail-on", "none").status, 0);
  });

  it("compares the working tree from a subdirectory, and changes nothing in the repository", () => {
    writeFileSync(join(repository.dir, "apps/a.yaml"), map("changed"));
    const state = (): string =>
      repository.git("status", "--porcelain") + readdirSync(join(repository.dir, ".git")).join();
    const before = state();
    const { status, stdout } = spawnSync(process.execPath, [MAIN, "diff", "main"], {
      encoding: "utf8",
      cwd: join(repository.dir, "apps"),
    });
    assert.equal(status, 1);
    assert.match(stdout, /1 object changes in the repository: 1 changed\./);
    assert.equal(state(), before);
  });

  it("refuses a name that is both a directory and a branch, and takes each if it is spelled out", () => {
    repository.git("branch", "apps");
    const { status, stderr } = diff("apps", "main");
    assert.equal(status, 2);
    assert.match(
      stderr,
      /apps is both a directory and a revision\.\nWrite \.\/apps for the directory, or refs\/heads\/apps for the branch\./,
    );
    assert.equal(diff("refs/heads/apps", "main").status, 0);
    assert.equal(diff("./apps", "main").status, 0);
  });

  it("reads files byte for byte, whatever .gitattributes says, with symbolic links, and names submodules", async () => {
    const commit = repository.commit({
      ".gitattributes": "*.txt text eol=crlf\nsecret.yaml export-ignore\nlfs.bin filter=none\n",
      "a.txt": "one\ntwo\n",
      "secret.yaml": map("kept"),
      "binary.bin": "\u0000\u0001",
    });
    symlinkSync("apps/a.yaml", join(repository.dir, "link.yaml"));
    repository.git("add", "link.yaml");
    repository.git("update-index", "--add", "--cacheinfo", `160000,${commit},vendor/sub`);
    repository.git("commit", "--quiet", "--message", "links");
    const into = temporaryDirectory("edgefirst-revision-");
    const { submodules } = await writeRevision(
      repository.dir,
      repository.git("rev-parse", "HEAD"),
      join(into, "tree"),
    );
    assert.deepEqual(submodules, ["vendor/sub"]);
    assert.equal(readFileSync(join(into, "tree/a.txt"), "utf8"), "one\ntwo\n");
    assert.equal(readFileSync(join(into, "tree/secret.yaml"), "utf8"), map("kept"));
    assert.equal(readlinkSync(join(into, "tree/link.yaml")), "apps/a.yaml");
    assert.match(diff("HEAD", "HEAD").stderr, /^HEAD: 1 submodule not read: vendor\/sub\.$/m);
  });

  it("writes nothing outside its directory for a tree with hostile paths", async () => {
    const blob = execFileSync("git", ["-C", repository.dir, "hash-object", "-w", "--stdin"], {
      input: "x",
      encoding: "utf8",
    }).trim();
    const treeOf = (lines: string): string =>
      execFileSync("git", ["-C", repository.dir, "mktree"], { input: lines, encoding: "utf8" }).trim();
    const inner = treeOf(`100644 blob ${blob}\tescaped\n`);
    const into = temporaryDirectory("edgefirst-revision-");
    mkdirSync(join(into, "tree"));
    for (const name of ["..", ".git", ".GIT"]) {
      const raw = Buffer.concat([Buffer.from(`40000 ${name}\0`), Buffer.from(inner, "hex")]);
      const tree = execFileSync(
        "git",
        ["-C", repository.dir, "hash-object", "-w", "--literally", "-t", "tree", "--stdin"],
        { input: raw, encoding: "utf8" },
      ).trim();
      const commit = repository.git("commit-tree", tree, "-m", "hostile");
      await assert.rejects(
        writeRevision(repository.dir, commit, join(into, "tree")),
        /leaves the repository/,
      );
    }
    assert.ok(!existsSync(join(into, "escaped")));
  });
});
