import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** Where the code and the tables of lint are, in a clone and in the package, whose code is at its top. */
export const CODE = ["kube", "lib", "policy", "tools/cli", "tools/gitops", "tools/lint", "tools/render"];

/** What npm writes when it installs packages in a clone. */
const INSTALLED = "node_modules/.package-lock.json";

/**
 * Identifies the code that runs: its files, their sizes, and when each last changed on this machine, which neither npm nor git can set. Edits of installed
 * packages are not noticed. Undefined if the code cannot be listed.
 */
export function toolIdentity(): string | undefined {
  try {
    const hash = createHash("sha256").update(process.version);
    for (const path of codeFiles()) {
      const stats = statSync(join(ROOT, path), { throwIfNoEntry: false });
      if (stats?.isFile()) hash.update(`\0${path}\0${stats.size}\0${stats.ctimeMs}`);
    }
    return hash.digest("base64url");
  } catch {
    return undefined;
  }
}

/** Everything at the top and in the directories of the code, in a fixed order. The package lacks those whose files are bundled. */
function codeFiles(): readonly string[] {
  const below = CODE.filter((directory) => existsSync(join(ROOT, directory))).flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: "utf8" }).map((name) =>
      join(directory, name),
    ),
  );
  return [...readdirSync(ROOT), ...below, INSTALLED].sort();
}
