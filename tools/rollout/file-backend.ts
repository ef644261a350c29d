import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "../../lib/quiet-yaml.ts";
import { MEGABYTE, megabytes } from "../../lib/bytes.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { StackAddress } from "./stack.ts";

const SCHEME = "file://";

/**
 * The directory of the file backend that the CLI would use: from PULUMI_BACKEND_URL, the project, or `pulumi login`.
 * @returns undefined for any other backend
 */
export function fileBackend({ project, env }: Pick<StackAddress, "project" | "env">): string | undefined {
  const variables = { ...process.env, ...env };
  const url = variables.PULUMI_BACKEND_URL ?? projectBackend(project) ?? loggedInTo(variables.PULUMI_HOME);
  if (url?.startsWith(SCHEME) !== true) return undefined;
  const [path = ""] = url.slice(SCHEME.length).split("?");
  return resolve(project, path.replace(/^~(?=\/|$)/, homedir()));
}

/**
 * Throws if the file system of the backend may fill up during an update. The CLI then replaces the state by what it could write of it: on a write error, fileblob
 * still renames its temporary file (gocloud.dev, `blob/fileblob/fileblob.go`, `writerWithSidecar.Close`). An update holds the old state, the new one, a backup and a copy for the history.
 * @param directory the backend's directory
 */
export function requireSpace(directory: string): void {
  const stacks = join(directory, ".pulumi/stacks");
  if (!existsSync(stacks)) return;
  const stored = readdirSync(stacks, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  const { bavail, bsize } = statfsSync(stacks);
  const [needed, free] = [4 * stored + MEGABYTE, bavail * bsize];
  if (free >= needed) return;
  throw new EdgefirstError(
    `The disk of the state backend ${directory} has ${megabytes(free)} free; updates may need ${megabytes(needed)}. Nothing was changed.`,
    "On a full disk, Pulumi would damage the state. Free some space, then re-run.",
  );
}

/**
 * Removes attribute files that are not JSON. The backend keeps attributes in a file next to each of its files, and, unlike those, does not write them atomically
 * (gocloud.dev, `blob/fileblob/attrs.go`). So a kill leaves an empty one, and the CLI then refuses to read the intact file next to it: "failed to load checkpoint: EOF".
 * Without an attribute file, the CLI reads it.
 * @param directory the backend's directory
 * @returns the removed files
 */
export function removeBrokenAttributes(directory: string): string[] {
  const root = join(directory, ".pulumi");
  if (!existsSync(root)) return [];
  const broken = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".attrs"))
    .map((name) => join(root, name))
    .filter((file) => !isJson(readFileSync(file, "utf8")));
  for (const file of broken) rmSync(file, { force: true });
  return broken;
}

function projectBackend(project: string): string | undefined {
  const definition = parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")) as {
    backend?: { url?: string };
  };
  return definition.backend?.url;
}

function loggedInTo(home = join(homedir(), ".pulumi")): string | undefined {
  const file = join(home, "credentials.json");
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { current?: string }).current;
}

/** Whether a file of the backend is intact. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
