import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { EdgefirstError } from "../../lib/errors.ts";

/** What a rollout reads of a `Pulumi.<stack>.yaml`; the program reads and checks all of it. */
export interface StackFile {
  /** The stacks that it comes after. */
  readonly after: readonly string[];
  /** Its cluster; absent where the file does not say. */
  readonly cluster?: { readonly context: string; readonly kubeconfig?: string };
}

/** @throws {EdgefirstError} where the file is no YAML, or says `after` wrongly */
export async function readStackFile(project: string, stack: string): Promise<StackFile> {
  const file = `Pulumi.${stack}.yaml`;
  const document = parseDocument(await readFile(join(project, file), "utf8"));
  const [fault] = document.errors;
  if (fault !== undefined)
    throw new EdgefirstError(`${file} is no valid YAML: ${fault.message}`, "Mend it; nothing was changed.");
  const { config } = (document.toJS() ?? {}) as { config?: Record<string, unknown> | null };
  const after = config?.["edgefirst:after"] ?? [];
  if (!Array.isArray(after) || !after.every((name) => typeof name === "string"))
    throw new EdgefirstError(
      `${file} says edgefirst:after: ${JSON.stringify(after)}; expected a list of stack names.`,
      "Write it as in `edgefirst:after: [edge]`.",
    );
  const cluster = config?.["edgefirst:cluster"] as StackFile["cluster"] | undefined;
  return { after, ...(typeof cluster?.context === "string" && { cluster }) };
}
