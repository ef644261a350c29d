import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument, type Document } from "yaml";
import { writeFileAtomic } from "../../lib/atomic-file.ts";

/** What differs for one stack in a sandbox. */
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
 * Writes a Pulumi project with the real program and, as stack files, the committed ones with the sandbox's overlay. The committed files
 * stay untouched. Secrets and their salt, which the CLI writes into the stack files, survive.
 */
export async function writeSandboxProject({ project, target, overlays }: SandboxProjectArgs): Promise<void> {
  const definition = await readDocument(join(project, "Pulumi.yaml"));
  definition.set("main", join(project, "index.ts"));
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

/** The CLI's additions to a stack file. */
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

/** A YAML file as a document; an empty one if the file does not exist. */
async function readDocument(file: string): Promise<Document> {
  try {
    return parseDocument(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return parseDocument("{}");
    throw error;
  }
}
