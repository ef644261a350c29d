import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../../../lib/temporary-folder.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import type { BumpArgs } from "./targets.ts";

const FILES = ["package.json", "package-lock.json"];

/** Adds the files that change with the target's npm package, if it has one. */
export async function changePackage(
  { target, version, root, env }: BumpArgs,
  changes: Map<string, string>,
): Promise<void> {
  const { package: name, mentions = [] } = target;
  if (name === undefined) return;
  const former = pinned(root, name);
  for (const file of mentions) changes.set(file, mentioning(version, { former, file, root }));
  if (former !== version) await install(`${name}@${version}`, { root, env }, changes);
}

/** The version of a package in package.json. */
function pinned(root: string, name: string): string {
  const text = readFileSync(join(root, "package.json"), "utf8");
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  return dependencies[name] ?? "";
}

/** A file's text with the new version in each place that has the former one. */
function mentioning(
  version: string,
  { former, file, root }: { former: string; file: string; root: string },
): string {
  const text = readFileSync(join(root, file), "utf8");
  if (text.includes(former)) return text.replaceAll(former, version);
  throw new EdgefirstError(
    `${file} does not mention ${former}, so nothing was changed.`,
    "Write the current version into it, or remove it from tools/scripts/bump/targets.ts.",
  );
}

/** Runs `npm install` in a copy of the two files, without installing anything. */
async function install(
  wanted: string,
  { root, env }: Pick<BumpArgs, "root" | "env">,
  changes: Map<string, string>,
): Promise<void> {
  const copy = temporaryFolder("bump");
  try {
    for (const file of FILES) await copyFile(join(root, file), join(copy, file));
    const flags = [
      "--package-lock-only",
      "--ignore-scripts",
      "--save-exact",
      "--no-audit",
      "--loglevel=error",
    ];
    await promisify(execFile)("npm", ["install", ...flags, wanted], { cwd: copy, env });
    for (const file of FILES) changes.set(file, await readFile(join(copy, file), "utf8"));
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    if (stderr === undefined) throw error;
    throw new EdgefirstError(
      `npm cannot change package.json to ${wanted}, so nothing was changed: ${stderr.trim()}`,
      "Check that the version exists.",
      { cause: error },
    );
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
