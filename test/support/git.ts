import { execFileSync } from "node:child_process";
import { temporaryDirectory, writeFiles } from "./temporary.ts";

/** A temporary git repository with a work tree and branch `main`. */
export class GitRepository {
  readonly dir = temporaryDirectory("edgefirst-repository-");

  constructor() {
    this.git("init", "--quiet", "--initial-branch=main");
  }

  git(...args: readonly string[]): string {
    const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    return execFileSync("git", ["-C", this.dir, ...author, ...args], { encoding: "utf8" }).trim();
  }

  /** Writes files, commits all changes, and returns the commit. */
  commit(files: Readonly<Record<string, string>>): string {
    writeFiles(this.dir, files);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "test");
    return this.git("rev-parse", "HEAD");
  }
}
