import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The checkout. */
export const ROOT = join(import.meta.dirname, "../..");

/** Every file of the checkout that git tracks or would add, with forward slashes, relative to {@link ROOT}. */
export function treeFiles(): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const listed = execFileSync("git", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
  return [...new Set(listed.split("\0"))]
    .filter((file) => file !== "" && existsSync(join(ROOT, file)))
    .sort();
}

/** A file of the checkout as text. */
export const readTree = (file: string): string => readFileSync(join(ROOT, file), "utf8");
