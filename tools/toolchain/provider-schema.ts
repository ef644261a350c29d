import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { moduleDirectory } from "./modules.ts";

/** What a program's preparation works on. */
export interface Preparation {
  /** Copy of the program's module in which it is built. */
  readonly directory: string;
  /** The pinned version. */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts the two files that the Kubernetes provider embeds beside its main.go. They are generated, so upstream commits the schema
 * without a version; the engine asks the provider's schema for it.
 */
export async function prepareKubernetesProvider({ directory, version, ...go }: Preparation): Promise<void> {
  const module = await moduleDirectory(
    "provider-kubernetes",
    "github.com/pulumi/pulumi-kubernetes/provider/v4",
    go,
  );
  const source = join(module, "cmd/pulumi-resource-kubernetes");
  const mapping = join(source, "terraform-mapping.json");
  // Read and written, not copied: the module cache is read only, and so would be the copy.
  await writeFile(join(directory, basename(mapping)), await readFile(mapping));
  const schema = JSON.parse(await readFile(join(source, "schema.json"), "utf8")) as Record<string, unknown>;
  await writeFile(join(directory, "schema.json"), JSON.stringify({ ...schema, version }));
}
