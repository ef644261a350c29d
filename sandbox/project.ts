import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument, type Document } from "yaml";
import { writeFileAtomic } from "../atomic-file.ts";

/** What differs in a sandbox, for one stack. */
export interface StackOverlay {
  readonly stack: string;
  /** Values to set, by path below `config`, such as `["edgefirst:flux", "root", "mode"]`. */
  readonly values: readonly (readonly [path: readonly (string | number)[], value: unknown])[];
}

/** Arguments of {@link writeSandboxProject}. */
export interface SandboxProjectArgs {
  /** The project that the sandbox runs: directory of Pulumi.yaml and index.ts. */
  readonly project: string;
  /** Directory that gets Pulumi.yaml and the stacks' files. */
  readonly target: string;
  readonly overlays: readonly StackOverlay[];
}

/**
 * Writes a Pulumi project whose program is the real one and whose stack files are the committed ones with the sandbox's overlay. The
 * committed files stay untouched: the CLI writes the salt of its secrets into the stack files that it works with.
 */
export async function writeSandboxProject({ project, target, overlays }: SandboxProjectArgs): Promise<void> {
  const definition = await readDocument(join(project, "Pulumi.yaml"));
  definition.set("main", join(project, "index.ts"));
  writeFileAtomic(join(target, "Pulumi.yaml"), definition.toString());
  for (const { stack, values } of overlays) {
    const name = `Pulumi.${stack}.yaml`;
    const config = await readDocument(join(project, name));
    for (const [path, value] of values) config.setIn(["config", ...path], config.createNode(value));
    const salt = (await readDocument(join(target, name))).get("encryptionsalt");
    if (salt !== undefined) config.set("encryptionsalt", salt);
    writeFileAtomic(join(target, name), config.toString());
  }
}

/** A YAML file as a document; an empty one where there is no such file. */
async function readDocument(file: string): Promise<Document> {
  try {
    return parseDocument(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return parseDocument("{}");
    throw error;
  }
}
