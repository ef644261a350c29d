import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./engine.ts";
import { GitRepository } from "./git.ts";

const LEFT_OUT = new Set([".git", ".sandbox", "node_modules", "test"]);
const pins = readFileSync(join(PROJECT, "release.yaml"), "utf8");

/** The program in a new git repository, so that a test can commit more releases. */
export function checkoutProgram(): GitRepository {
  const repository = new GitRepository();
  for (const name of readdirSync(PROJECT).filter((entry) => !LEFT_OUT.has(entry)))
    cpSync(join(PROJECT, name), join(repository.dir, name), { recursive: true });
  symlinkSync(join(PROJECT, "node_modules"), join(repository.dir, "node_modules"));
  repository.commit({ ".gitignore": "node_modules\n" });
  return repository;
}

/** Commits another release. @param name makes the release different */
export function commitRelease(program: GitRepository, name: string): string {
  return program.commit({ "release.yaml": `${pins}# ${name}\n` });
}
