import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importClosure } from "../lib/import-closure.ts";
import { lockedPackages, requireInstalled, type LockedPackage } from "./locked-packages.ts";

/** The module that Pulumi runs. */
const ENTRY = "index.ts";

/** What a stack runs, and so what a release is. */
export interface ReleaseInputs {
  /** Files relative to the project: the program's modules, the data that they read, and Pulumi.yaml. */
  readonly files: readonly string[];
  readonly packages: readonly LockedPackage[];
}

/**
 * What decides what a stack deploys, apart from its configuration: docs/decisions/release-and-evidence.md.
 * @param project directory of Pulumi.yaml
 * @throws {EdgefirstError} where the lockfile is missing or lacks a package that the program imports
 */
export function releaseInputs(project: string): ReleaseInputs {
  const { files, packages } = importClosure(project, ENTRY);
  return { files: [...files, "Pulumi.yaml"].sort(), packages: lockedPackages(project, packages) };
}

/**
 * The release that this checkout deploys: 12 hexadecimal digits over {@link releaseInputs} (line endings normalised). The same on every
 * machine, from any working directory and for every stack.
 * @param project directory of Pulumi.yaml
 * @throws {EdgefirstError} as {@link releaseInputs}, and where `node_modules` holds other packages than the locked ones
 */
export function releaseHash(project: string): string {
  const { files, packages } = releaseInputs(project);
  requireInstalled(project, packages);
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(join(project, file), "utf8").replaceAll("\r\n", "\n");
    hash.update(`${file}\0${Buffer.byteLength(content)}\0${content}\0`);
  }
  // How Node loads the modules. The rest of package.json is scripts, and names that the lockfile pins.
  const { type, imports } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  hash.update(`${JSON.stringify({ type, imports })}\0`);
  for (const { path, version, integrity } of packages) hash.update(`${path}@${version} ${integrity}\0`);
  return hash.digest("hex").slice(0, 12);
}
