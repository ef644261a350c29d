import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importClosure } from "../lib/import-closure.ts";
import { lockedPackages, requireInstalled, type LockedPackage } from "./locked-packages.ts";

/** The module that Pulumi runs. */
const ENTRY = "index.ts";

/** What a stack runs, which is what a release identifies. */
export interface ReleaseInputs {
  /** Paths of the program's modules, the data that they read, and Pulumi.yaml, relative to the project. */
  readonly files: readonly string[];
  readonly packages: readonly LockedPackage[];
}

/**
 * Everything other than configuration that determines what a stack deploys (docs/decisions/release-and-evidence.md).
 * @param project directory of Pulumi.yaml
 * @throws {EdgefirstError} if the lockfile is missing, or has no entry for a package that the program imports
 */
export function releaseInputs(project: string): ReleaseInputs {
  const { files, packages } = importClosure(project, ENTRY);
  return { files: [...files, "Pulumi.yaml"].sort(), packages: lockedPackages(project, packages) };
}

/**
 * The release that this checkout deploys: 12 hexadecimal digits of a hash over {@link releaseInputs}, with normalized line endings. It is the same on every
 * machine, in any working directory and for every stack.
 * @param project directory of Pulumi.yaml
 * @throws {EdgefirstError} like {@link releaseInputs}, and also if `node_modules` does not match the lockfile
 */
export function releaseHash(project: string): string {
  const { files, packages } = releaseInputs(project);
  requireInstalled(project, packages);
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(join(project, file), "utf8").replaceAll("\r\n", "\n");
    hash.update(`${file}\0${Buffer.byteLength(content)}\0${content}\0`);
  }
  // These fields affect how Node loads the modules. The rest of package.json does not affect what runs, except the dependencies, which the lockfile pins.
  const { type, imports } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  hash.update(`${JSON.stringify({ type, imports })}\0`);
  for (const { path, version, integrity } of packages) hash.update(`${path}@${version} ${integrity}\0`);
  return hash.digest("hex").slice(0, 12);
}
