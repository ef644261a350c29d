import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { GitRepository } from "./support/git.ts";
import { temporaryDirectory } from "./support/temporary.ts";

const ROOT = join(import.meta.dirname, "..");

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly run?: string;
}

const { jobs } = parse(readFileSync(join(ROOT, ".github/workflows/edgefirst.yaml"), "utf8")) as {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
};
const stepNamed = (name: string): Step => {
  const step = jobs.diff?.steps.find((one) => one.name === name);
  if (!step) throw new Error(`the job has no step ${name}`);
  return step;
};

/** A `gh api` that keeps one pull request's comments in a file: lists, adds and replaces them. */
const GH = `#!${process.execPath}
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const file = process.env.COMMENTS;
const comments = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
const args = process.argv.slice(2);
const method = args.includes("--method") ? args[args.indexOf("--method") + 1] : "GET";
if (method === "GET") {
  const marker = "<!-- edgefirst diff -->";
  const own = comments.filter(({ user, body }) => user === "github-actions[bot]" && body.startsWith(marker));
  process.stdout.write(own.map(({ id }) => id + "\\n").join(""));
} else {
  const body = readFileSync(args[args.indexOf("-F") + 1].replace("body=@", ""), "utf8");
  if (method === "POST") comments.push({ id: comments.length + 1, user: "github-actions[bot]", body });
  else comments.find(({ id }) => args.some((arg) => arg.endsWith("/comments/" + id))).body = body;
  writeFileSync(file, JSON.stringify(comments));
}
`;

describe("the review job of the workflow", function () {
  this.timeout(60_000);
  let directory: string;
  let repository: GitRepository;
  const comments = (): readonly { readonly id: number; readonly body: string }[] =>
    existsSync(join(directory, "comments.json"))
      ? (JSON.parse(readFileSync(join(directory, "comments.json"), "utf8")) as { id: number; body: string }[])
      : [];
  const map = (value: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: media }\ndata: { key: ${value} }\n`;

  beforeEach(() => {
    directory = temporaryDirectory("review-workflow-");
    repository = new GitRepository();
    repository.commit({ "apps/a.yaml": map("a") });
    symlinkSync(ROOT, join(directory, "edgefirst"));
    symlinkSync(repository.dir, join(directory, "gitops"));
    writeFileSync(join(directory, "gh"), GH);
    chmodSync(join(directory, "gh"), 0o755);
  });

  /** Runs both steps as GitHub's runner does, for a merge of the change into main. */
  function review(files: Readonly<Record<string, string>>): void {
    repository.git("checkout", "--quiet", "-B", "change", "main");
    repository.commit({ ...files, "note.txt": String(Math.random()) });
    repository.git("checkout", "--quiet", "--detach", "main");
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "change");
    for (const name of ["Compare", "Comment"]) {
      const { status, stderr } = spawnSync(
        "bash",
        ["-e", "-o", "pipefail", "-c", stepNamed(name).run ?? ""],
        {
          cwd: directory,
          encoding: "utf8",
          env: {
            ...process.env,
            PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
            COMMENTS: join(directory, "comments.json"),
            GITHUB_STEP_SUMMARY: join(directory, "summary.md"),
            GITHUB_REPOSITORY: "owner/gitops",
            NUMBER: "7",
          },
        },
      );
      assert.equal(status, 0, stderr);
    }
  }

  it("writes one comment, updates it in place, also if nothing differs any more, and leaves those of others alone", () => {
    const others = [{ id: 1, user: "person", body: "<!-- edgefirst diff --> quoted" }];
    writeFileSync(join(directory, "comments.json"), JSON.stringify(others));
    review({ "apps/a.yaml": map("b") });
    assert.equal(comments().length, 2);
    assert.match(comments()[1]?.body ?? "", /^<!-- edgefirst diff -->\n[\s\S]*\+ {2}key: b$/m);
    review({ "apps/a.yaml": map("c") });
    assert.equal(comments().length, 2);
    assert.match(comments()[1]?.body ?? "", /\+ {2}key: c$/m);
    review({});
    assert.equal(comments().length, 2);
    assert.match(comments()[1]?.body ?? "", /^Nothing changes in the repository\.$/m);
    assert.equal(comments()[0]?.body, others[0]?.body);
    assert.match(
      readFileSync(join(directory, "summary.md"), "utf8"),
      /key: b[\s\S]*key: c[\s\S]*Nothing changes/,
    );
  });

  it("writes none if nothing differs from the start, and shows only what the pull request changes", () => {
    review({});
    assert.deepEqual(comments(), []);
    repository.git("checkout", "--quiet", "-B", "stale", "main");
    repository.git("checkout", "--quiet", "main");
    repository.commit({ "apps/b.yaml": map("b").replace("name: a", "name: b") });
    review({ "apps/a.yaml": map("d") });
    assert.doesNotMatch(comments()[0]?.body ?? "", /ConfigMap media\/b/);
  });

  it("does not try to comment with the token of a fork", () => {
    assert.equal(
      stepNamed("Comment").if,
      "github.event.pull_request.head.repo.full_name == github.repository",
    );
    execFileSync("bash", ["-n", "-c", stepNamed("Comment").run ?? ""]);
  });
});
