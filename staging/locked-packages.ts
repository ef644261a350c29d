import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../lib/errors.ts";

/** An entry of npm's lockfile (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json); only the fields that are read. */
interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

type Lock = Readonly<Record<string, LockEntry>>;

/** A package as the lockfile pins it. */
export interface LockedPackage {
  /** Where npm installs it, such as `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly version: string;
  /** Subresource integrity of the package's tarball; empty if the lockfile has none. */
  readonly integrity: string;
  /** Whether npm may skip the package, for example on another platform. */
  readonly optional: boolean;
}

/** How many packages a message lists by name. */
const NAMED = 5;

/**
 * The packages with these names and all their dependencies, as pinned in package-lock.json, sorted by path. Type declarations are omitted, because they do not
 * run.
 * @param project directory of package-lock.json
 * @throws {EdgefirstError} if the lockfile is missing, or has no entry for one of the names
 */
export function lockedPackages(project: string, names: readonly string[]): LockedPackage[] {
  const lock = readLock(project);
  const paths = new Set(names.map((name) => `node_modules/${name}`));
  const absent = [...paths].filter((path) => lock[path] === undefined);
  if (absent.length > 0)
    throw new EdgefirstError(
      `package-lock.json has no entry for ${listed(absent)}, which the program imports.`,
      "Run `npm install`, and commit the lockfile.",
    );
  for (const path of paths)
    for (const name of dependenciesOf(lock[path])) {
      const found = resolve(lock, path, name);
      if (found !== undefined) paths.add(found);
    }
  const run = [...paths].filter((path) => !path.includes("/@types/"));
  return run.sort().map((path) => ({
    path,
    version: lock[path]?.version ?? "",
    integrity: lock[path]?.integrity ?? "",
    optional: lock[path]?.optional === true,
  }));
}

/**
 * Refuses a `node_modules` that does not match the lockfile, because the program would run code that no release identifies.
 * @throws {EdgefirstError} naming the packages that differ
 */
export function requireInstalled(project: string, packages: readonly LockedPackage[]): void {
  // npm's record of what it installed. Other package managers write no such file, in which case only the versions are compared.
  const installed = (
    readJson(join(project, "node_modules/.package-lock.json")) as { packages?: Lock } | undefined
  )?.packages;
  const differing = packages.flatMap(({ path, version, integrity, optional }) => {
    const found = (readJson(join(project, path, "package.json")) as { version?: string } | undefined)
      ?.version;
    if (found === undefined) return optional ? [] : [`${path} is missing (locked: ${version})`];
    // npm accepts a leading `v` in package.json, but omits it in the lockfile.
    if (found.replace(/^v/, "") !== version) return [`${path} is ${found} (locked: ${version})`];
    const recorded = installed?.[path]?.integrity ?? integrity;
    return integrity === "" || recorded === integrity ? [] : [`${path} does not match the locked checksum`];
  });
  if (differing.length === 0) return;
  throw new EdgefirstError(
    `node_modules does not match package-lock.json: ${listed(differing)}.`,
    "Run `npm ci`, then re-run. Nothing was changed.",
  );
}

/** The names of the packages that npm installs along with this one. Optional peers are not installed. */
function dependenciesOf(entry: LockEntry = {}): string[] {
  const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = entry;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}

/** Resolves a name as Node does: in the nearest `node_modules`, from the package upwards. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf("/node_modules/"))) {
    const path = `${folder}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (!folder.includes("/node_modules/")) break;
  }
  const top = `node_modules/${name}`;
  return lock[top] === undefined ? undefined : top;
}

function readLock(project: string): Lock {
  const file = join(project, "package-lock.json");
  const lock = readJson(file) as { packages?: Lock } | undefined;
  if (lock?.packages !== undefined) return lock.packages;
  throw new EdgefirstError(
    `Cannot read the lockfile ${file}, so the release cannot be identified.`,
    "Run the program in a checkout of the project, where package-lock.json is next to Pulumi.yaml.",
  );
}

/** The content of a JSON file; undefined if it cannot be read. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

const listed = (items: readonly string[]): string =>
  [...items.slice(0, NAMED), ...(items.length > NAMED ? [`${items.length - NAMED} more`] : [])].join(", ");
