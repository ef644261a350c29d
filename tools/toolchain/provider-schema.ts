import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { moduleDirectory } from "./modules.ts";

/** Arguments for preparing a program's build. */
export interface Preparation {
  /** The copy of the program's module in which it is built. */
  readonly directory: string;
  /** The pinned version. */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes the two files that the Kubernetes provider embeds next to its main.go. Upstream commits the schema without a version, but the
 * engine reads the version from the provider's schema.
 */
export async function prepareKubernetesProvider({ directory, version, ...go }: Preparation): Promise<void> {
  const module = await moduleDirectory(
    "provider-kubernetes",
    "github.com/pulumi/pulumi-kubernetes/provider/v4",
    go,
  );
  const source = join(module, "cmd/pulumi-resource-kubernetes");
  const mapping = join(source, "terraform-mapping.json");
  // Written rather than copied: files in the module cache are read-only, and a copy would be read-only too.
  await writeFile(join(directory, basename(mapping)), await readFile(mapping));
  const schema = JSON.parse(await readFile(join(source, "schema.json"), "utf8")) as Record<string, unknown>;
  await writeFile(join(directory, "schema.json"), JSON.stringify({ ...schema, version }));
}
