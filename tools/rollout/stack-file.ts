import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "../../lib/quiet-yaml.ts";
import { EdgefirstError } from "../../lib/errors.ts";

/** The part of a `Pulumi.<stack>.yaml` that a rollout reads. The program validates the whole file. */
export interface StackFile {
  /** Its upstream stacks. */
  readonly after: readonly string[];
  /** Its cluster, if the file names one. */
  readonly cluster?: { readonly context: string; readonly kubeconfig?: string };
}

/** @throws {EdgefirstError} if the file is not valid YAML, or its `after` is not a list of names */
export async function readStackFile(project: string, stack: string): Promise<StackFile> {
  const file = `Pulumi.${stack}.yaml`;
  const document = parseDocument(await readFile(join(project, file), "utf8"));
  const [error] = document.errors;
  if (error !== undefined)
    throw new EdgefirstError(`${file} is not valid YAML: ${error.message}`, "Fix it. Nothing was changed.");
  const { config } = (document.toJS() ?? {}) as { config?: Record<string, unknown> | null };
  const after = config?.["edgefirst:after"] ?? [];
  if (!Array.isArray(after) || !after.every((name) => typeof name === "string"))
    throw new EdgefirstError(
      `${file} has edgefirst:after: ${JSON.stringify(after)}; expected a list of stack names.`,
      "Write it like this: `edgefirst:after: [edge]`.",
    );
  const cluster = config?.["edgefirst:cluster"] as StackFile["cluster"] | undefined;
  return { after, ...(typeof cluster?.context === "string" && { cluster }) };
}
