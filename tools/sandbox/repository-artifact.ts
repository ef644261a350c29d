import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseDocument } from "../../lib/quiet-yaml.ts";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { pushChart, pushDirectory, type Registry } from "./registry.ts";
import { encryptSecret } from "./sops.ts";

/** Arguments of {@link pushGitOpsRepository}. */
export interface GitOpsRepositoryArgs {
  /** The sandbox's folder. Encrypted files are cached in it, so that the same files give the same artifact. */
  readonly dir: string;
  readonly registry: Registry;
  /** A directory with the same layout as `tools/sandbox/repository`. */
  readonly source: string;
  /** The clusters, each of which has `kubernetes/<cluster>/flux/vars`. */
  readonly clusters: readonly string[];
  /** The age identity that the clusters decrypt with. */
  readonly ageKey: string;
}

/** The tag that the sandbox's clusters follow. */
export const REPOSITORY_TAG = "sandbox";
const CHARTS = join(import.meta.dirname, "charts");

/**
 * Pushes the GitOps repository in the form that the clusters apply: each cluster's `cluster-secrets` is encrypted in SOPS format, and its settings contain the
 * registry's address. Also pushes the chart that the repository uses.
 * @returns the artifact's address, `oci://…`
 */
export async function pushGitOpsRepository(args: GitOpsRepositoryArgs): Promise<string> {
  const { registry, source, clusters } = args;
  const staged = temporaryFolder("repository");
  try {
    await cp(source, staged, { recursive: true });
    for (const cluster of clusters) {
      const vars = join(staged, "kubernetes", cluster, "flux/vars");
      await encryptFile(join(vars, "cluster-secrets.yaml"), args);
      await addSetting(join(vars, "cluster-settings.yaml"), "REGISTRY", registry.address);
    }
    await pushChart(registry, "charts/greeter", join(CHARTS, "greeter"));
    return await pushDirectory(registry, "gitops", REPOSITORY_TAG, staged);
  } finally {
    await rm(staged, { recursive: true });
  }
}

async function encryptFile(path: string, { dir, ageKey }: GitOpsRepositoryArgs): Promise<void> {
  const secret = await readFile(path, "utf8");
  const fingerprint = createHash("sha256").update(ageKey).update(secret).digest("hex");
  const kept = join(resolve(dir), "sops", `${fingerprint}.yaml`);
  if (!existsSync(kept)) writeFileAtomic(kept, await encryptSecret(secret, ageKey));
  await cp(kept, path);
}

async function addSetting(path: string, name: string, value: string): Promise<void> {
  const settings = parseDocument(await readFile(path, "utf8"));
  settings.setIn(["data", name], value);
  writeFileAtomic(path, settings.toString());
}
