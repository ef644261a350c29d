import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Document } from "yaml";
import { parseDocument } from "../../lib/quiet-yaml.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";

/** The settings that a sandbox changes in one stack. */
export interface StackOverlay {
  readonly stack: string;
  /** Values to set, each with its path below `config`, such as `["edgefirst:flux", "root", "mode"]`. */
  readonly values: readonly (readonly [path: readonly (string | number)[], value: unknown])[];
}

/** Arguments of {@link writeSandboxProject}. */
export interface SandboxProjectArgs {
  /** The directory of the project that the sandbox runs, with Pulumi.yaml and main.js. */
  readonly project: string;
  /** The directory to write Pulumi.yaml and the stack files to. */
  readonly target: string;
  readonly overlays: readonly StackOverlay[];
}

/**
 * Writes a Pulumi project with the real program and copies of the committed stack files, with the sandbox's overlay applied. The committed
 * files stay untouched. Secrets and their salt, which the CLI writes into the copies, are kept.
 */
export async function writeSandboxProject({ project, target, overlays }: SandboxProjectArgs): Promise<void> {
  const definition = await readDocument(join(project, "Pulumi.yaml"));
  definition.set("main", join(project, "main.js"));
  writeFileAtomic(join(target, "Pulumi.yaml"), definition.toString());
  for (const { stack, values } of overlays) {
    const name = `Pulumi.${stack}.yaml`;
    const config = await readDocument(join(project, name));
    for (const [path, value] of values) config.setIn(["config", ...path], config.createNode(value));
    const { encryptionsalt, secrets } = await written(join(target, name));
    if (encryptionsalt !== undefined) config.set("encryptionsalt", encryptionsalt);
    for (const [key, value] of secrets) config.setIn(["config", key], config.createNode(value));
    writeFileAtomic(join(target, name), config.toString());
  }
}

/** The fields that the CLI adds to a stack file. */
async function written(
  file: string,
): Promise<{ encryptionsalt: string | undefined; secrets: readonly (readonly [string, object])[] }> {
  const { encryptionsalt, config } = (await readDocument(file)).toJS() as {
    encryptionsalt?: string;
    config?: Record<string, unknown>;
  };
  const secrets = Object.entries(config ?? {}).filter(
    (entry): entry is [string, object] =>
      typeof entry[1] === "object" && entry[1] !== null && "secure" in entry[1],
  );
  return { encryptionsalt, secrets };
}

/** Reads a YAML file as a document; returns an empty document if the file does not exist. */
async function readDocument(file: string): Promise<Document> {
  try {
    return parseDocument(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return parseDocument("{}");
    throw error;
  }
}
