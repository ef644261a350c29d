import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../lib/errors.ts";

/** Files and directories whose content decides what a stack deploys, relative to the project. Cluster configuration is not among them. */
const INPUTS = [
  "release.yaml",
  "Pulumi.yaml",
  "package.json",
  "index.ts",
  "program.ts",
  "config",
  "platform",
  "components",
  "staging",
  "policy",
  "kube",
  "lib",
];

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

/**
 * The release that this checkout deploys: 12 hexadecimal digits over the program's files (line endings normalised) and every package
 * that is not for development only. The same on every machine, from any working directory and for every stack: what only a stack's configuration names is not in it.
 * @param project directory of Pulumi.yaml
 * @throws {EdgefirstError} where the lockfile is missing
 */
export function releaseHash(project: string): string {
  const hash = createHash("sha256");
  for (const input of INPUTS)
    for (const file of filesUnder(project, input)) {
      const content = readFileSync(join(project, file), "utf8").replaceAll("\r\n", "\n");
      hash.update(`${file}\0${Buffer.byteLength(content)}\0${content}\0`);
    }
  for (const line of lockedPackages(project)) hash.update(`${line}\0`);
  return hash.digest("hex").slice(0, 12);
}

/** Regular files under a path, with forward slashes, in one order everywhere; none where the path does not exist. */
function filesUnder(project: string, path: string): string[] {
  const stat = statSync(join(project, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [path];
  return readdirSync(join(project, path), { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules" && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => filesUnder(project, `${path}/${name}`));
}

function lockedPackages(project: string): string[] {
  const file = join(project, "package-lock.json");
  let lock: { packages: Record<string, LockedPackage> };
  try {
    lock = JSON.parse(readFileSync(file, "utf8")) as typeof lock;
  } catch (error) {
    throw new EdgefirstError(
      `The lockfile ${file} cannot be read, so the release has no name: ${error instanceof Error ? error.message : String(error)}`,
      "Run the program in a checkout of the project, where package-lock.json lies beside Pulumi.yaml.",
    );
  }
  return Object.entries(lock.packages)
    .filter(([path, { dev, link }]) => path !== "" && dev !== true && link !== true)
    .map(([path, { version, integrity }]) => `${path}@${version ?? ""} ${integrity ?? ""}`)
    .sort();
}
